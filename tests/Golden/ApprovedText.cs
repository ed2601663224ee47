namespace VitGrid.Tests.Golden;

/// <summary>
/// A text that was reviewed and lies in <c>tests/Approved</c>. A change of behaviour shows as a change of that file:
/// run the test with <c>VITGRID_APPROVE=1</c> to write what is received, and let the difference be reviewed.
/// </summary>
internal static class ApprovedText
{
    private static readonly string Root = Path.Combine(GoldenFiles.Repository, "tests", "Approved");

    public static string PathOf(string name) => Path.Combine([Root, .. name.Split('/')]);

    public static string Read(string name) => File.Exists(PathOf(name)) ? File.ReadAllText(PathOf(name)) : "";

    /// <summary>Fails unless <paramref name="received"/> is the approved text of that name.</summary>
    public static void Verify(string name, IEnumerable<string> received) => Verify(name, string.Join('\n', received));

    /// <inheritdoc cref="Verify(string, IEnumerable{string})"/>
    public static void Verify(string name, string received)
    {
        string text = string.Join('\n', received.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd())).Trim('\n') + "\n";
        if (Environment.GetEnvironmentVariable("VITGRID_APPROVE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
            File.WriteAllText(PathOf(name), text);
        }
        string approved = Read(name);
        Assert.True(approved == text, $"tests/Approved/{name} differs from what is received:\n{FirstDifference(approved, text)}");
    }

    private static string FirstDifference(string approved, string received)
    {
        string[] was = approved.Split('\n'), now = received.Split('\n');
        int line = was.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"line {line + 1}\n- {was.ElementAtOrDefault(line)}\n+ {now.ElementAtOrDefault(line)}";
    }
}
