using System.Diagnostics;
using System.Text.Json.Nodes;
using k8s;
using VitGrid.Server.Tests.Deploy.Kustomize;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>Our rendering against the real one, where kubectl is installed.</summary>
public sealed class KubectlTests
{
    [KubectlTheory]
    [InlineData("overlays/cpu")]
    [InlineData("overlays/gpu")]
    [InlineData("overlays/production")]
    public async Task Kubectl_makes_the_same_of_an_overlay_as_the_tests_do(string overlay)
    {
        string printed = await KustomizeAsync(RenderedGrid.At(overlay));

        Assert.Equal(Canonical(RenderedGrid.Parse(printed)), Canonical(RenderedGrid.From(overlay)));
    }

    private static async Task<string> KustomizeAsync(string folder)
    {
        ProcessStartInfo start = new("kubectl", ["kustomize", folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process kubectl = Process.Start(start)!;
        Task<string> errors = kubectl.StandardError.ReadToEndAsync();
        string printed = await kubectl.StandardOutput.ReadToEndAsync();
        await kubectl.WaitForExitAsync();
        Assert.True(kubectl.ExitCode == 0, await errors);
        return printed;
    }

    private static string[] Canonical(RenderedGrid grid) =>
        [.. grid.Objects.Select(item => Sorted(JsonNode.Parse(KubernetesJson.Serialize((object)item)))!.ToJsonString()).Order(
            StringComparer.Ordinal)];

    /// <summary>Keys in order, and lists of named things too: in those the order means nothing.</summary>
    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(
            map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))),
        JsonArray list when list.All(item => item is JsonObject) =>
            new JsonArray([.. list.Select(Sorted).OrderBy(item => item!.ToJsonString(), StringComparer.Ordinal)]),
        _ => node?.DeepClone(),
    };
}

/// <summary>Skipped, with the reason, where kubectl is not installed.</summary>
internal sealed class KubectlTheoryAttribute : TheoryAttribute
{
    public KubectlTheoryAttribute()
    {
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, "kubectl"))))
            Skip = "kubectl is not installed; the manifests are checked by the tests' own rendering";
    }
}
