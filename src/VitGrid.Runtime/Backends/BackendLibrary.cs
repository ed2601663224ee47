namespace VitGrid.Runtime.Backends;

/// <summary>A native library that a backend computes with.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Remedy">What to do where it does not load.</param>
/// <param name="Describe">Its version and what it brings; throws what the loader says.</param>
public sealed record BackendLibrary(string Name, string Remedy, Func<string> Describe);
