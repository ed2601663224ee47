using System.Collections.Immutable;

namespace VitGrid.Model.Tensors;

/// <summary>How names and shapes from untrusted files appear in messages: quoted, without control characters, bounded.</summary>
internal static class Shown
{
    private const int MaxCharacters = 120;
    private const int MaxNames = 20;

    public static string Text(string text) => $"\"{Raw(text)}\"";

    public static string Raw(string text)
    {
        string bounded = text.Length <= MaxCharacters ? text : text[..MaxCharacters] + "…";
        return string.Concat(bounded.Select(character => char.IsControl(character) ? ' ' : character));
    }

    public static string Shape(ImmutableArray<long> shape) =>
        shape.Length <= 16 ? $"[{string.Join(", ", shape)}]" : $"[{string.Join(", ", shape.Take(16))}, … {shape.Length} dimensions]";

    /// <summary>File, name and shape of a tensor, to begin a sentence with.</summary>
    public static string Tensor(TensorEntry tensor) => $"{tensor.File}: tensor {Text(tensor.Name)} has shape {Shape(tensor.Shape)}";

    public static string Names(IReadOnlyCollection<string> names)
    {
        string first = string.Join(", ", names.Take(MaxNames).Select(Text));
        return names.Count <= MaxNames ? first : $"{first} and {names.Count - MaxNames} more";
    }
}
