using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
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
        (IReadOnlyList<DeviceSpec> devices, Precision precision) = ChosenDevices.Resolve(DeviceList.Parse("cpu:0=2GiB,cpu:1"), null);
        Assert.Equal(DeviceList.Parse("cpu:0=2GiB,cpu:1"), devices);
        Assert.Equal(Precision.Fp32, precision);
        Assert.Equal(Precision.Bf16, ChosenDevices.Resolve(devices, Precision.Bf16).Precision);
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
