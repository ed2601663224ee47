using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Families;

/// <summary>What it takes to add a family: its folder and very few files beside it.</summary>
public sealed class FamilyFolderTests
{
    private static readonly string Source = Path.Combine(GoldenFiles.Repository, "src");

    [Fact]
    public void A_family_is_named_outside_its_folder_only_in_the_list_of_families_and_where_any_shape_is_written()
    {
        string own = Path.Combine(Source, "VitGrid.Model", "Families", "InternVit") + Path.DirectorySeparatorChar;
        string[] naming =
        [
            .. Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.StartsWith(own, StringComparison.Ordinal))
                .Where(file => File.ReadAllText(file).Contains("Families.InternVit", StringComparison.Ordinal))
                .Select(file => Path.GetRelativePath(Source, file))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(
            [Path.Combine("VitGrid.Model", "Checkpoints", "EncoderFamilies.cs"), Path.Combine(
                "VitGrid.Model", "Checkpoints", "RandomCheckpoint.cs")],
            naming);
    }

    [Theory]
    [InlineData("CheckpointConfig.cs")]
    [InlineData("Encoder.cs")]
    [InlineData("EncoderLayout.cs")]
    [InlineData("PreprocessingReader.cs")]
    [InlineData("PublishedShapes.cs")]
    [InlineData("WeightBinder.cs")]
    public void Every_family_has_the_same_files(string file)
    {
        string tests = Path.Combine(GoldenFiles.Repository, "tests", "VitGrid.Model.Tests", "Families");
        string[] families = [
            .. Directory.GetDirectories(Path.Combine(Source, "VitGrid.Model", "Families")), .. Directory.GetDirectories(tests)];
        Assert.All(families, family => Assert.True(File.Exists(Path.Combine(family, file)), $"{family} has no {file}"));
    }
}
