namespace VitGrid.Settings.Tests;

/// <summary>A section with one setting of each kind.</summary>
internal sealed record Kitchen : ISettingRules
{
    [Setting("how hot", Unit = "°C", Min = 5, Max = 250)]
    public int Heat { get; init; } = 180;

    [Setting("the least heat", Unit = "°C", Min = 5, Max = 250, Beside = "not above `Heat`")]
    public long MinHeat { get; init; } = 10;

    [Setting("whether there is light")]
    public bool Light { get; init; } = true;

    [Setting("how it heats", Automatic = "auto")]
    public DayOfWeek? Day { get; init; }

    [Setting("its name", Form = "lower-case letters, `like this`", Accepts = nameof(IsName))]
    public string? Name { get; init; }

    [Setting("when it rings", Unit = "min", Min = 1, Max = 60, MaxCount = 2)]
    public IReadOnlyList<int> Bells { get; init; } = [];

    [Section]
    public IReadOnlyList<Shelf> Shelves { get; init; } = [];

    [Section]
    public Shelf? Top { get; init; }

    public string NotASetting { get; init; } = "";

    public IEnumerable<string> Faults(SettingPath path) =>
        SettingPath.AtMost(path[nameof(MinHeat)], MinHeat, path[nameof(Heat)], Heat, "nothing would be baked");

    private static bool IsName(string text) => text.All(char.IsAsciiLetterLower);
}

/// <summary>A section within.</summary>
internal sealed record Shelf
{
    [Setting("what lies there", Form = "the name of a thing")]
    public required string Thing { get; init; }

    [Setting("how many", Unit = "things", Min = 0, Max = 9)]
    public int Count { get; init; }
}
