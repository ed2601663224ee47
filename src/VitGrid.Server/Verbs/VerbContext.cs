using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs;

/// <summary>What every verb is given: where to write, and where models may lie.</summary>
internal sealed record VerbContext(Terminal Terminal, ModelRoots Roots)
{
    public static VerbContext OfThisProcess() =>
        new(Terminal.OfThisProcess(), ModelRoots.FromEnvironment(AppContext.BaseDirectory, Environment.GetEnvironmentVariable));
}
