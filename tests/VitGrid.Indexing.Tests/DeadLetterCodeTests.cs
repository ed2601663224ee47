using System.Text.RegularExpressions;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Items;
using VitGrid.Runtime.Images;
using VitGrid.Tests.Golden;

namespace VitGrid.Indexing.Tests;

/// <summary>Dead letters have the codes of the one table.</summary>
public sealed partial class DeadLetterCodeTests
{
    [Fact]
    public void A_refusal_has_the_code_that_http_gives_it()
    {
        Assert.All(Enum.GetValues<GridFault>(), fault => Assert.Equal(
            ErrorTable.CodeOf(fault), ItemFault.From(new GridException(fault, "")).Code));
        Assert.All(Enum.GetValues<ImageFault>(), fault => Assert.Equal(
            ErrorTable.CodeOf(fault), ItemFault.From(new ImageException(fault, "")).Code));
    }

    [Fact]
    public void No_code_is_written_beside_the_table()
    {
        string[] codes = [.. ErrorTable.Rows.Select(row => row.Code), .. ErrorTable.QueueCodes.Keys];
        IEnumerable<string> written =
            from file in Directory.EnumerateFiles(Path.Combine(GoldenFiles.Repository, "src"), "*.cs", SearchOption.AllDirectories)
            where Path.GetFileName(file) != "ApiCode.cs"
            from Match match in Code().Matches(File.ReadAllText(file))
            where codes.Contains(match.Groups[1].Value)
            select $"{Path.GetFileName(file)}: {match.Value}";
        Assert.Empty(written);
    }

    [Theory]
    [InlineData("overloaded", "overloaded")]
    [InlineData("invalid_uri", "invalid_request")]
    [InlineData("file_not_found", "invalid_request")]
    [InlineData("killed_workers", "internal_error")]
    [InlineData("of_a_later_version", "internal_error")]
    public void A_line_of_a_batch_has_a_code_of_http(string deadLetter, string line) =>
        Assert.Equal(line, ErrorTable.OfDeadLetter(deadLetter));

    [GeneratedRegex("\"([a-z]+_[a-z_]+)\"")]
    private static partial Regex Code();
}
