using System.Runtime.InteropServices;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends.OnnxRuntime;
using VitGrid.Runtime.Health;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime;

public sealed class SizedValuesTests
{
    [Fact]
    public void They_are_handed_on_as_they_are()
    {
        using SizedValues values = new([Integers("shape", -1, 5, 8), Floats("table", 1.5f, -2)]);
        Assert.Equal<string>(["shape", "table"], values.Names);
        Assert.Equal([-1, 5, 8], values.Values[0].GetTensorDataAsSpan<long>().ToArray());
        Assert.Equal([1.5f, -2], values.Values[1].GetTensorDataAsSpan<float>().ToArray());
        values.Check();
    }

    [Fact]
    public void One_that_changed_in_memory_is_the_devices_fault_and_named()
    {
        SizedTensor table = Floats("table", 1, 2, 3);
        using SizedValues values = new([Integers("shape", -1, 5, 8), table]);
        ImmutableCollectionsMarshal.AsArray(table.Data)![5] ^= 4;
        SegmentRunException told = Assert.Throws<SegmentRunException>(values.Check);
        Assert.Equal((RunFailure.Device, "'table' in memory is no longer what was loaded"), (told.Failure, told.Message));
    }

    [Fact]
    public void They_may_be_disposed_twice()
    {
        SizedValues values = new([Floats("table", 1)]);
        values.Dispose();
        values.Dispose();
    }

    private static SizedTensor Integers(string name, params long[] numbers) =>
        new(name, true, [.. MemoryMarshal.AsBytes(numbers.AsSpan())], [numbers.Length]);

    private static SizedTensor Floats(string name, params float[] numbers) =>
        new(name, false, [.. MemoryMarshal.AsBytes(numbers.AsSpan())], [numbers.Length]);
}
