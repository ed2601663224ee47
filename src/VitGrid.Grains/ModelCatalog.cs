namespace VitGrid.Grains;

/// <summary>The models this process serves, each with its present state. Readers take a snapshot and never lock.</summary>
public sealed class ModelCatalog
{
    /// <summary>Every model, in configured order.</summary>
    public IReadOnlyList<ModelInfo> Models => throw new NotSupportedException(ToString());

    /// <summary>The model of that name; null when there is none. With one served model, null <paramref name="name"/> means that one.</summary>
    public ModelInfo? Find(string? name) => throw new NotSupportedException(name + this);
}
