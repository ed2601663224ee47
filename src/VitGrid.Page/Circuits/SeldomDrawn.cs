using Microsoft.AspNetCore.Components;

namespace VitGrid.Page.Circuits;

/// <summary>
/// A part of a page that is drawn anew only when what it shows is another object: most of a page is the same second after second, and what
/// is drawn for nothing is drawn for every page.
/// </summary>
public abstract class SeldomDrawn : ComponentBase
{
    private object?[]? _drawn;

    /// <summary>What it shows: objects that do not change, or values.</summary>
    protected abstract object?[] Shown { get; }

    /// <inheritdoc/>
    protected override bool ShouldRender()
    {
        object?[] shown = Shown;
        if (_drawn is not null && _drawn.AsSpan().SequenceEqual(shown, Same.Instance))
            return false;
        _drawn = shown;
        return true;
    }

    /// <summary>Values by what they are, all else by identity: a record would compare all that it holds.</summary>
    private sealed class Same : IEqualityComparer<object?>
    {
        public static Same Instance { get; } = new();

        public new bool Equals(object? one, object? other) =>
            ReferenceEquals(one, other) || (one is ValueType && one.Equals(other));

        public int GetHashCode(object? value) => 0;
    }
}
