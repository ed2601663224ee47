using System.Text.RegularExpressions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Backends;

/// <summary>What it takes to add a backend: its folder and a line beside it.</summary>
public sealed partial class BackendFolderTests
{
    private static readonly string Source = Path.Combine(GoldenFiles.Repository, "src");
    private static readonly string Own = Path.Combine(Source, "VitGrid.Runtime", "Backends", "OnnxRuntime") + Path.DirectorySeparatorChar;

    [Fact]
    public void A_backend_is_named_outside_its_folder_only_in_the_list_of_backends() => Assert.Equal(
        [Path.Combine("VitGrid.Runtime", "Execution", "ExecutionBackends.cs")],
        Outside(text => text.Contains("Backends.OnnxRuntime", StringComparison.Ordinal)));

    [Fact]
    public void ONNX_Runtime_is_called_in_one_folder() =>
        Assert.Empty(Outside(text => text.Contains("Microsoft.ML.OnnxRuntime", StringComparison.Ordinal)));

    [Fact]
    public void No_file_outside_asks_which_kind_a_device_is() => Assert.Empty(Outside(text => KindAsked().IsMatch(text)));

    [Fact]
    public void The_second_backend_needs_nothing_of_the_first()
    {
        string folder = Path.Combine(GoldenFiles.Repository, "tests", "VitGrid.Runtime.Tests", "Backends", "PlainLoops");
        string[] files = Directory.GetFiles(folder, "*.cs");
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.DoesNotContain("Onnx", File.ReadAllText(file), StringComparison.Ordinal));
    }

    private static string[] Outside(Func<string, bool> found) =>
    [
        .. Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.StartsWith(Own, StringComparison.Ordinal))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Where(file => found(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(Source, file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>A comparison of a kind's name, a device's prefix, or a backend's type.</summary>
    [GeneratedRegex("""DeviceKind|\bKind\s*(==|!=|is)\s*"|StartsWith\("(cpu|cuda)|\bis (CpuBackend|CudaBackend)""")]
    private static partial Regex KindAsked();
}
