using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Backends.OnnxRuntime;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Tests.Backends.OnnxRuntime;

namespace VitGrid.Runtime.Tests.Execution;

[Collection(FakeCuda.Name)]
public sealed class DeviceInventoryTests
{
    private static readonly DeviceSpec Cpu = ExecutionBackends.Processor;
    private static CudaDriver? s_driver;
    private static DeviceFault? s_providerFault;
    private static readonly CudaBackend Cuda = new(() => s_driver, () => s_providerFault);
    private static readonly DeviceSpec First = new(Cuda, 0), Second = new(Cuda, 1);

    [Fact]
    public void Cards_are_listed_with_memory_capability_and_speed_on_paper()
    {
        IReadOnlyList<DeviceFacts> cards = Assert.Single(Inventory().Cards).Value.Devices;

        Assert.Equal(["NVIDIA H100 80GB HBM3", "Tesla T4"], cards.Select(card => card.Model));
        Assert.Equal([new Version(9, 0), new Version(7, 5)], cards.Select(card => card.ComputeCapability));
        Assert.Equal([80L << 30, 15L << 30], cards.Select(card => card.MemoryBytes));
        Assert.Equal([79L << 30, 14L << 30], cards.Select(card => card.FreeBytes));
        Assert.Equal([132, 40], cards.Select(card => card.Threads));
        // NVIDIA's data sheets: 989 and 65 dense 16-bit TFLOP/s.
        Assert.InRange(cards[0].SpeedIn(Precision.Bf16), 985e12, 993e12);
        Assert.InRange(cards[1].SpeedIn(Precision.Fp16), 64e12, 66e12);
        Assert.InRange(cards[1].SpeedIn(Precision.Fp32), 8e12, 8.5e12);
    }

    [Fact]
    public void Every_usable_card_is_a_device_when_none_is_named()
    {
        Assert.Equal([First, Second], Inventory().Default);
        Assert.Equal([Cpu], Inventory(providerFault: new("no provider", "get one")).Default);
        Assert.Equal([Cpu], Read(null).Default);
    }

    [Fact]
    public void Listing_cards_leaves_no_context_on_them()
    {
        int before = FakeCuda.Contexts;
        Inventory();
        Assert.Equal(before, FakeCuda.Contexts);
    }

    [Fact]
    public void The_processor_is_described_on_every_machine()
    {
        DeviceFacts cpu = Read(null).Describe(Cpu);
        Assert.Equal(Environment.ProcessorCount, cpu.Threads);
        Assert.Null(cpu.ComputeCapability);
        Assert.InRange(cpu.MemoryBytes, 1, long.MaxValue);
        Assert.InRange(cpu.Speed, 1e9, 1e15);
        Assert.Equal(cpu.Speed, cpu.SpeedIn(Precision.Bf16));
        Assert.Equal(cpu.Speed * (HostMachine.HasVnni ? 2.6 : 1.4), cpu.SpeedIn(Precision.Int8));
    }

    [Fact]
    public void A_card_that_is_not_there_or_too_small_is_refused_and_those_that_are_there_named()
    {
        string[] faults = [.. Inventory().Faults([Cpu, First, new(Cuda, 2), new(Cuda, 1, 16L << 30)])];
        Assert.Equal(2, faults.Length);
        Assert.Contains("cuda:2 is not there; the driver shows cuda:0, cuda:1", faults[0], StringComparison.Ordinal);
        Assert.Contains("cuda:1 has 16106127360 bytes of memory; 17179869184 were named", faults[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, "no CUDA device is visible")]
    [InlineData(803, "different driver versions")]
    public void A_driver_that_does_not_start_says_why(int result, string reason)
    {
        DeviceInventory inventory = Read(FakeCuda.Driver(result));
        Assert.Contains(reason, Assert.Single(inventory.Faults([First])), StringComparison.Ordinal);
        Assert.Equal([Cpu], inventory.Default);
    }

    [Fact]
    public void Without_a_driver_a_card_is_refused_with_the_remedy()
    {
        string fault = Assert.Single(Read(null).Faults([First]));
        Assert.Contains("cuda:0 cannot be used: there is no NVIDIA driver", fault, StringComparison.Ordinal);
        Assert.Contains("--gpus all", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void The_precision_of_a_model_is_one_that_all_its_devices_have()
    {
        DeviceInventory inventory = Inventory();
        Assert.Equal(Precision.Bf16, inventory.ChooseAutomatic([First]));
        Assert.Equal(Precision.Fp16, inventory.ChooseAutomatic([First, Second]));
        Assert.Equal(Precision.Fp32, inventory.ChooseAutomatic([First, Cpu]));
        Assert.Equal(Precision.Fp32, inventory.ChooseAutomatic([Cpu]));
    }

    [Fact]
    public void What_may_be_used_is_the_bound_or_most_of_what_is_free()
    {
        DeviceInventory inventory = Inventory();
        Assert.InRange(inventory.Describe(First).UsableBytes, 71L << 30, 72L << 30);
        Assert.Equal(1L << 30, inventory.Describe(First with { MemoryBytes = 1L << 30 }).UsableBytes);
    }

    private static DeviceInventory Inventory(DeviceFault? providerFault = null) => Read(FakeCuda.Driver(), providerFault);

    private static DeviceInventory Read(CudaDriver? driver, DeviceFault? providerFault = null)
    {
        (s_driver, s_providerFault) = (driver, providerFault);
        return DeviceInventory.Read([Cpu.Backend, Cuda]);
    }
}
