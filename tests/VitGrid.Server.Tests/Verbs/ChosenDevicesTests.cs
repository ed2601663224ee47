using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Health;
using VitGrid.Server.Verbs;
using VitGrid.Server.Verbs.Doctor;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Verbs;

/// <summary>Devices as users meet them. True with and without a GPU.</summary>
public sealed class ChosenDevicesTests
{
    [Fact]
    public void Named_CPU_devices_are_taken_as_named_in_single_precision()
    {
        (IReadOnlyList<DeviceSpec> devices, Precision precision, _) = ChosenDevices.Resolve(DeviceList.Parse("cpu:0=2GiB,cpu:1"), null);
        Assert.Equal(DeviceList.Parse("cpu:0=2GiB,cpu:1"), devices);
        Assert.Equal(Precision.Fp32, precision);
        Assert.Equal(Precision.Bf16, ChosenDevices.Resolve(devices, Precision.Bf16).Precision);
    }

    [Fact]
    public void A_device_that_was_there_before_is_missed_and_the_others_are_used()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Root, "devices", "here");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllLines(file, ["cuda:98", "cuda:99"]);
        ChosenDevices chosen = ChosenDevices.Resolve(DeviceList.Parse("cpu:0,cuda:99"), null, new(file));
        Assert.Equal(DeviceList.Parse("cpu:0"), chosen.Devices);
        MissingDevice missing = Assert.Single(chosen.Missing);
        Assert.Equal("cuda:99", missing.Device);
        Assert.StartsWith(
            "it was there at an earlier start and is missing at this one (device cuda:99 ", missing.Reason, StringComparison.Ordinal);
        Assert.EndsWith($"out of {file}", missing.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu:0,cuda:97", "cuda:97")]
    [InlineData("cuda:99", "cuda:99")]
    public void A_device_that_never_was_there_is_refused_and_so_is_a_start_that_has_none(string devices, string named)
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Root, "here");
        File.WriteAllLines(file, ["cuda:98", "cuda:99"]);
        VerbException refused = Assert.Throws<VerbException>(
            () => ChosenDevices.Resolve(DeviceList.Parse(devices), null, new KnownDevices(file)));
        Assert.StartsWith($"--devices: device {named} ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cards_that_are_there_are_noted_once_and_processors_are_not()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Root, "devices", "here");
        KnownDevices known = new(file);
        known.Note(DeviceList.Parse("cpu:0"));
        Assert.False(File.Exists(file));
        known.Note(DeviceList.Parse("cuda:1,cpu:0,cuda:0"));
        known.Note(DeviceList.Parse("cuda:0"));
        Assert.Equal(["cuda:0", "cuda:1"], File.ReadAllLines(file));
        Assert.True(new KnownDevices(file).Has("cuda:1"));
        // A folder that cannot be written keeps no record, and nothing fails.
        new KnownDevices(Path.Combine(file, "devices", "here")).Note(DeviceList.Parse("cuda:7"));
    }

    [Theory]
    [InlineData("parity", "--expected")]
    [InlineData("embed", null)]
    [InlineData("serve", null)]
    public async Task A_GPU_that_is_not_there_is_refused_at_once_with_what_is_missing(string verb, string? option)
    {
        string[] rest = verb switch
        {
            "parity" => [option!, Path.Combine(GoldenFiles.Nano, "expected.safetensors")],
            "embed" => [GoldenFiles.Nano],
            _ => [],
        };
        VerbRun run = await VerbRun.RunAsync([verb, .. rest, "--devices", "cuda:99"]);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("vitgrid: --devices: device cuda:99 ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("unexpected", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_precision_on_a_CPU_is_refused_with_what_to_use()
    {
        VerbRun run = await VerbRun.RunAsync(
            "parity", "--expected", Path.Combine(GoldenFiles.Nano, "expected.safetensors"), "--devices", "cpu:0", "--precision", "fp16");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("precision Fp16 is not available on cpu:0; use fp32", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_tells_what_keeps_GPUs_from_being_used_and_the_remedy()
    {
        Finding[] findings = [.. MachineChecks.Cards(DeviceInventory.Read())];
        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.True(
            finding.Health == Health.Good || (finding.Health == Health.Optional && finding.Remedy is not null), finding.ToString()));
    }
}
