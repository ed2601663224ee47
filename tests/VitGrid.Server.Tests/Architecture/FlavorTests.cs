using System.Diagnostics;
using System.Text.Json;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Architecture;

/// <summary>The ways to ONNX Runtime's natives. One code serves all; only the package differs.</summary>
public sealed class FlavorTests
{
    [Theory]
    [InlineData("", "Microsoft.ML.OnnxRuntime")]
    [InlineData("-p:VitGridFlavor=cuda", "Microsoft.ML.OnnxRuntime.Gpu")]
    [InlineData("-p:VitGridOnnxRuntimeNatives=/opt/onnxruntime", "Microsoft.ML.OnnxRuntime.Managed")]
    public async Task A_flavour_brings_one_package(string property, string package)
    {
        (int code, string output) = await RunAsync(
            "dotnet", ["msbuild", ProjectOf("Runtime"), "-getItem:PackageReference", "-noAutoResponse", .. Given(property)]);
        Assert.Equal(0, code);
        IEnumerable<string?> packages = JsonDocument.Parse(output).RootElement.GetProperty("Items").GetProperty(
            "PackageReference").EnumerateArray()
            .Select(item => item.GetProperty("Identity").GetString());
        Assert.Equal([package], packages.Where(name => name!.StartsWith("Microsoft.ML.OnnxRuntime", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("-p:VitGridFlavor=gpu", "VitGridFlavor is 'gpu'; it takes cpu or cuda.")]
    [InlineData("-p:VitGridOnnxRuntimeNatives=/nowhere", "where there is no libonnxruntime.so")]
    public async Task A_flavour_that_does_not_exist_stops_the_build(string property, string message)
    {
        (int code, string output) = await RunAsync(
            "dotnet", ["msbuild", ProjectOf("Runtime"), "-t:CheckOnnxRuntimeFlavor", "-noAutoResponse", property]);
        Assert.NotEqual(0, code);
        Assert.Contains(message, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_does_not_depend_on_the_flavour() =>
        Assert.DoesNotContain(
            Directory.EnumerateFiles(Path.Combine(GoldenFiles.Repository, "src"), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj")),
            file => File.ReadLines(file).Any(line => line.TrimStart().StartsWith("#if", StringComparison.Ordinal)));

    [Theory]
    [InlineData("deploy/verify-gpu.sh")]
    public async Task A_script_is_well_formed(string script)
    {
        (int code, string output) = await RunAsync("bash", ["-n", Path.Combine(GoldenFiles.Repository, script)]);
        Assert.True(code == 0, output);
    }

    private static string ProjectOf(string name) =>
        Path.Combine(GoldenFiles.Repository, "src", $"VitGrid.{name}", $"VitGrid.{name}.csproj");

    private static string[] Given(string property) => property.Length == 0 ? [] : [property];

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
