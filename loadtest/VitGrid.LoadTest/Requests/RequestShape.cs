using System.Globalization;

namespace VitGrid.LoadTest.Requests;

/// <summary>How images stand in a request.</summary>
internal enum RequestForm
{
    /// <summary>OpenAI's JSON, each image a <c>data:</c> URI.</summary>
    Json,

    /// <summary>One image as the body.</summary>
    Raw,

    /// <summary>A form of files.</summary>
    Multipart,
}

/// <summary>What requests are made of.</summary>
internal sealed record RequestShape
{
    /// <summary>The served model's name; null where a server serves one.</summary>
    public string? Model { get; init; }

    /// <summary>How images are sent.</summary>
    public RequestForm Form { get; init; }

    /// <summary>Images a request.</summary>
    public int Images { get; init; } = 1;

    /// <summary>The part of images that were sent before, 0–1.</summary>
    public double Duplicates { get; init; }

    /// <summary>So many images are sent again and again, in order; null: every image is new, but for <see cref="Duplicates"/>.</summary>
    public int? WorkingSet { get; init; }

    /// <summary>Lanes and their weights; empty: the server's default lane.</summary>
    public IReadOnlyList<(string Lane, double Weight)> Lanes { get; init; } = [];

    /// <summary>Milliseconds a server has for an answer; null: its own limit.</summary>
    public int? TimeoutMs { get; init; }

    /// <summary><c>use</c>, <c>bypass</c> or <c>refresh</c>; null: the server's default.</summary>
    public string? Cache { get; init; }

    /// <summary>Whether only OpenAI's fields are sent.</summary>
    public bool Plain { get; init; }

    /// <summary>Reads <c>interactive=0.8,bulk=0.2</c>.</summary>
    /// <exception cref="FormatException">It is not of that form.</exception>
    public static IReadOnlyList<(string Lane, double Weight)> ParseLanes(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(part =>
        {
            string[] sides = part.Split('=');
            double weight = 1;
            bool fits = sides.Length == 1
                || (sides.Length == 2 && double.TryParse(
                    sides[1], CultureInfo.InvariantCulture, out weight) && weight > 0 && double.IsFinite(weight));
            return fits && sides[0] is "interactive" or "bulk"
                ? (sides[0], weight)
                : throw new FormatException(
                    $"'{part}' is no lane: write interactive or bulk, each with =WEIGHT above 0, e.g. interactive=0.8,bulk=0.2");
        }),
    ];
}
