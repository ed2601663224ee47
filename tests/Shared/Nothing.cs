namespace VitGrid.Testing;

/// <summary>What costs nothing and needs no freeing.</summary>
internal sealed class Nothing : IDisposable
{
    public static readonly Nothing Instance = new();

    public void Dispose()
    {
    }
}
