using System.Buffers.Binary;
using System.Text.Json;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Verbs;

public sealed class ParityVerbTests : IDisposable
{
    private static readonly string Expected = Path.Combine(GoldenFiles.Nano, "expected.safetensors");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("4")]
    public async Task The_bundled_model_is_at_parity_in_any_number_of_segments(string segments)
    {
        VerbRun run = await VerbRun.RunAsync("parity", "--expected", Expected, "--segments", segments);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(8, run.Lines.Count);
        Assert.All(run.Lines, line => Assert.True(JsonDocument.Parse(line).RootElement.GetProperty("pass").GetBoolean(), line));
    }

    [Fact]
    public async Task One_value_changed_by_a_thousandth_fails()
    {
        byte[] tensors = await File.ReadAllBytesAsync(Expected);
        Span<byte> value = tensors.AsSpan(StartOf("cls_embedding", tensors));
        BinaryPrimitives.WriteSingleLittleEndian(value, BinaryPrimitives.ReadSingleLittleEndian(value) + 1e-3f);
        await File.WriteAllBytesAsync(_folder.At("changed.safetensors"), tensors);

        VerbRun run = await VerbRun.RunAsync("parity", "--expected", _folder.At("changed.safetensors"));
        VerbRun tolerant = await VerbRun.RunAsync("parity", "--expected", _folder.At("changed.safetensors"), "--tolerance", "2e-3");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("1 of 8 tensors are past the tolerance of 2e-5", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, tolerant.ExitCode);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        VerbRun run = await VerbRun.RunAsync("parity", "--expected", "absent.safetensors");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("'absent.safetensors' is not a file", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Offset of a tensor's first byte: 8 bytes of header length, the JSON header, then the data.</summary>
    private static int StartOf(string tensor, byte[] safetensors)
    {
        int header = (int)BinaryPrimitives.ReadUInt64LittleEndian(safetensors);
        using JsonDocument names = JsonDocument.Parse(safetensors.AsMemory(8, header));
        return 8 + header + names.RootElement.GetProperty(tensor).GetProperty("data_offsets")[0].GetInt32();
    }
}
