namespace VitGrid.Testing;

/// <summary>Tests that count what the process allocates: they run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
