using VitGrid.Server.Tests.Deploy.Kustomize;

namespace VitGrid.Server.Tests.Deploy;

/// <summary>The kustomize folders as files: nothing missing, nothing left over, every patch a valid piece of its kind.</summary>
public sealed class KustomizationTests
{
    public static TheoryData<string> Folders =>
    [
        .. Directory.EnumerateFiles(DeployFiles.Kustomize, Kustomization.FileName, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(DeployFiles.Kustomize, Path.GetDirectoryName(file)!)),
    ];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_file_of_a_folder_is_used_and_every_file_used_is_there(string folder)
    {
        string at = RenderedGrid.At(folder);
        Kustomization kustomization = Kustomization.Read(at);

        IEnumerable<string> here = Directory.EnumerateFiles(at, "*.yaml").Select(Path.GetFileName).OfType<string>().Where(
            name => name != Kustomization.FileName);
        ILookup<bool, string> named = kustomization.Resources.Concat(kustomization.Components).Concat(
            kustomization.Patches.Select(patch => patch.Path))
            .ToLookup(path => path.EndsWith(".yaml", StringComparison.Ordinal));

        Assert.Equal(here.Order(StringComparer.Ordinal), named[true].Order(StringComparer.Ordinal));
        Assert.All(named[false], path => Assert.True(
            File.Exists(Path.Combine(at, path, Kustomization.FileName)), $"{folder} names {path}"));
        Assert.Equal(folder.StartsWith("components", StringComparison.Ordinal) ? "Component" : "Kustomization", kustomization.Kind);
        Assert.Equal(kustomization.Kind == "Component" ? "kustomize.config.k8s.io/v1alpha1" : "kustomize.config.k8s.io/v1beta1",
            kustomization.ApiVersion);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_file_holds_valid_pieces_of_their_kinds(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(RenderedGrid.At(folder), "*.yaml").Where(
            file => Path.GetFileName(file) != Kustomization.FileName))
            Assert.NotEmpty(RenderedGrid.Read(File.ReadAllText(file)));
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata:\n  name: x\nspec:\n  selectors:\n    a: b\n")]
    [InlineData("apiVersion: v1\nkind: Servise\nmetadata:\n  name: x\n")]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: x\nspec:\n  replicas: two\n")]
    [InlineData("apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata:\n  name: x\nspec:\n  minReplicas: 2\n")]
    public void An_unknown_field_kind_or_type_is_an_error(string yaml) =>
        Assert.ThrowsAny<Exception>(() => RenderedGrid.Read(yaml).ToList());

    [Fact]
    public void A_patch_that_meets_nothing_is_an_error()
    {
        string patched = RenderedGrid.At("components/models");

        Assert.Contains("which a patch names", Assert.Throws<InvalidOperationException>(
            () => KustomizeBuild.From(patched)).Message, StringComparison.Ordinal);
    }
}
