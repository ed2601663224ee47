using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Backends.OnnxRuntime;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime.Plugins;

/// <summary>What plug-ins are refused for, in which words, and that nothing else notices.</summary>
public sealed class PluginBackendTests
{
    [Fact]
    public void A_library_that_is_not_there_is_named_with_the_remedy()
    {
        DeviceSpec device = Device(new("absent", "/nowhere/libabsent.so"));
        Assert.Equal(
            "device absent:0 cannot be used: its library /nowhere/libabsent.so is not there; install it, or name the file where it lies "
                + "(docs/accelerators.md)",
            Assert.Single(DeviceInventory.Read([device]).Faults([device])));
        Assert.StartsWith(
            "device absent:0: its library /nowhere/libabsent.so is not there", LoadFails<NotSupportedException>(device),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_no_plug_in_is_told_from_one()
    {
        string library = Path.Combine(AppContext.BaseDirectory, "libonnxruntime_providers_shared.so");
        if (!File.Exists(library))
            library = Directory.EnumerateFiles(AppContext.BaseDirectory, Path.GetFileName(library), SearchOption.AllDirectories).First();
        DeviceFault fault = Assert.IsType<DeviceFault>(Device(new("other", library)).Backend.Survey().Fault);
        Assert.Equal($"{library} is no plug-in of ONNX Runtime: it has no CreateEpFactories", fault.Fact);
    }

    [Fact]
    public void A_file_that_is_no_library_is_told_from_one()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "version https://git-lfs.github.com/spec/v1, and then some more text that is no library");
            DeviceFault fault = Assert.IsType<DeviceFault>(Device(new("pointer", file)).Backend.Survey().Fault);
            Assert.StartsWith($"{file} does not load: ", fault.Fact, StringComparison.Ordinal);
            Assert.Contains("invalid ELF header", fault.Fact, StringComparison.Ordinal);
            Assert.Equal("it is no library of this platform; fetch it again", fault.Remedy);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [CompiledPluginFact]
    public void A_plug_in_of_a_later_version_is_refused_with_the_version_that_is_here()
    {
        using CompiledPlugin plugin = new("later", "API=99");
        DeviceFault fault = Assert.IsType<DeviceFault>(plugin.Device.Backend.Survey().Fault);
        Assert.Equal($"{plugin.Library} does not load: this plug-in is built for a later ONNX Runtime", fault.Fact);
        Assert.Equal($"use a plug-in built for ONNX Runtime {OnnxRuntimeLibrary.Version}, which this program has", fault.Remedy);
        Assert.False(PluginLibrary.Of(plugin.Provider).IsRegistered);
    }

    [CompiledPluginFact]
    public void A_plug_in_without_a_device_of_its_hardware_says_what_it_brings()
    {
        using CompiledPlugin none = new("none", "DEVICES=0");
        Assert.Contains("brings no device on this machine", none.Device.Backend.Survey().Fault!.Fact, StringComparison.Ordinal);
        using CompiledPlugin host = new("host");
        DeviceSpec card = Device(host.Provider with { Hardware = PluginHardware.Gpu });
        Assert.Matches("brings CPU devices of .* alone, and GPU devices are asked for", card.Backend.Survey().Fault!.Fact);
    }

    [CompiledPluginFact]
    public void A_plug_in_that_takes_no_part_of_a_model_is_refused_and_the_processor_goes_on()
    {
        using CompiledPlugin plugin = new("idle");
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        using ISegmentSession processor = TestSessions.Load(checkpoint, Settings(checkpoint, ExecutionBackends.Processor));
        float[] before = Vector(checkpoint, processor);

        DeviceFacts facts = Assert.Single(plugin.Device.Backend.Survey().Devices);
        Assert.Equal(("idle:0", "IdleExecutionProvider 0.1.0"), (facts.Spec.Name, facts.Provider));
        string refusal = LoadFails<CheckpointException>(plugin.Device);

        Assert.Contains("the plug-in takes only a part of blocks 0", refusal, StringComparison.Ordinal);
        Assert.Contains("idle:0", refusal, StringComparison.Ordinal);
        Assert.False(PluginLibrary.Of(plugin.Provider).IsRegistered);
        Assert.Equal(before, Vector(checkpoint, processor));
    }

    [CompiledPluginFact]
    public void A_library_stays_as_long_as_anything_of_it_is_in_use_and_comes_again()
    {
        using CompiledPlugin plugin = new("kept");
        PluginLibrary library = PluginLibrary.Of(plugin.Provider);
        PluginUse session = library.Use(), result = session.Retain();
        Assert.Same(library, PluginLibrary.Of(plugin.Provider with { Name = "other" }));
        session.Dispose();
        session.Dispose();
        Assert.True(library.IsRegistered);
        result.Dispose();
        Assert.False(library.IsRegistered);
        using PluginUse again = library.Use();
        Assert.Single(again.Devices);
    }

    [Theory]
    [InlineData(Precision.Bf16, ", for which nothing says how plain computes in it; use fp32, or set Bf16Options of the provider plain")]
    [InlineData(Precision.Int8, ", which plain devices do not compute in; use fp32")]
    public void A_plug_in_of_which_nothing_is_known_has_single_precision(Precision precision, string refusal)
    {
        IExecutionBackend backend = Device(new("plain", "libplain.so")).Backend;
        Assert.Equal("plain-fp32", backend.FindArithmetic(Precision.Fp32)!.Name);
        Assert.Null(backend.FindArithmetic(precision));
        Assert.Equal(refusal, backend.Refusal(precision));
    }

    [Fact]
    public void What_is_computed_is_named_by_plug_in_precision_and_added_options()
    {
        PluginProvider plain = new("plain", "libplain.so") { Bf16Options = new Dictionary<string, string> { ["mode"] = "bf16" } };
        PluginProvider tuned = plain with { Options = new Dictionary<string, string> { ["approximate"] = "1" } };
        Assert.Matches("^plain-bf16-[0-9a-f]{8}$", Name(plain, Precision.Bf16));
        Assert.Matches("^plain-fp32-[0-9a-f]{8}$", Name(tuned, Precision.Fp32));
        Assert.NotEqual(Name(plain, Precision.Bf16), Name(tuned, Precision.Bf16));
        Assert.NotEqual(Name(plain, Precision.Fp32), Name(plain with { Name = "other" }, Precision.Fp32));
    }

    [Fact]
    public void A_kind_that_no_configuration_names_is_refused_with_those_there_are() => Assert.Contains(
        "is not of the form cpu:N or cuda:N or plain:N",
        Assert.Throws<FormatException>(() => DeviceList.Parse("openvino:0", ExecutionBackends.With([new("plain", "libplain.so")]))).Message,
        StringComparison.Ordinal);

    private static string Name(PluginProvider provider, Precision precision) =>
        Device(provider).Backend.FindArithmetic(precision)!.Name;

    private static DeviceSpec Device(PluginProvider provider) =>
        DeviceList.Parse($"{provider.Name}:0", ExecutionBackends.With([provider]))[0];

    private static string LoadFails<T>(DeviceSpec device)
        where T : Exception
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        return Assert.Throws<T>(() => TestSessions.Load(checkpoint, Settings(checkpoint, device))).Message;
    }

    private static SegmentSettings Settings(Checkpoint checkpoint, DeviceSpec device) => new()
    {
        Blocks = new(0, checkpoint.Architecture.Depth), InputSize = InputSize.Of(checkpoint.Preprocessing), Device = device, Threads = 1,
    };

    private static float[] Vector(Checkpoint checkpoint, ISegmentSession session)
    {
        using Activation result = session.RunPixels([new byte[InputSize.Of(checkpoint.Preprocessing).PixelBytes]]);
        float[] vector = new float[result.PooledWidth(checkpoint.Architecture.Depth)];
        result.CopyPooled(checkpoint.Architecture.Depth, 0, vector);
        return vector;
    }
}
