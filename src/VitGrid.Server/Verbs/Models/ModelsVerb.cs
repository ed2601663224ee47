namespace VitGrid.Server.Verbs.Models;

/// <summary><c>vitgrid models</c>: the model repository.</summary>
internal static class ModelsVerb
{
    public static Verb Create(VerbContext context) => new(
        "models",
        "List, fetch, import, check, make up and plan models.",
        "vitgrid models list",
        "vitgrid models verify internvit-nano")
    {
        ModelsList.Create(context),
        ModelsPull.Create(context),
        ModelsImport.Create(context),
        ModelsVerify.Create(context),
        ModelsRandom.Create(context),
        ModelsPlan.Create(context),
    };
}
