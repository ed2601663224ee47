using VitGrid.Model.Encoders;

namespace VitGrid.Engine.Models;

/// <summary>What is known of how a model reads texts.</summary>
public sealed record TextFacts
{
    /// <summary>The most tokens of a text, start and end tokens included.</summary>
    public required int ContextLength { get; init; }

    /// <summary>One more than the highest id.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The id with which a text is filled up to the context length, on the right.</summary>
    public int PadId { get; init; }

    /// <summary>
    /// Whether vectors depend on the padding, so that ids that are sent must hold it, or be filled up with <see cref="PadId"/>.
    /// </summary>
    public bool PadsToContext { get; init; }

    /// <summary>The tokenizer's family, <c>clip</c>, <c>siglip</c>, <c>siglip-json</c> or <c>gemma</c>; empty: there is none.</summary>
    public string Tokenizer { get; init; } = "";

    /// <summary>What is done to a text before it is cut into tokens, in words; empty where there is no tokenizer.</summary>
    public string Rule { get; init; } = "";

    /// <summary>Why texts cannot be cut into tokens, and ids alone are taken; null: they can.</summary>
    public string? TokenizerFault { get; init; }

    /// <summary>How texts' vectors are held against images'; null where the checkpoint does not say.</summary>
    public LogitFacts? Logits { get; init; }
}

/// <summary>
/// Names of text towers. A checkpoint of two towers is served under one name; its text tower is a model of its own to whoever plans, queues
/// and computes, with a name that clients never see.
/// </summary>
public static class TextTowerName
{
    /// <summary>What no name of a model may end with.</summary>
    public const string Suffix = "#text";

    /// <summary>The text tower of a model.</summary>
    public static string Of(string model) => model + Suffix;

    /// <summary>Whether it is the name of a text tower beside an image tower.</summary>
    public static bool IsOne(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.EndsWith(Suffix, StringComparison.Ordinal);
    }

    /// <summary>The name that clients use.</summary>
    public static string Served(string name) => IsOne(name) ? name[..^Suffix.Length] : name;
}
