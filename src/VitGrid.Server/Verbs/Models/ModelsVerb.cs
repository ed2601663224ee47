namespace VitGrid.Server.Verbs.Models;

/// <summary><c>vitgrid models</c>: the model repository.</summary>
internal static class ModelsVerb
{
    public static Verb Create(VerbContext context) => new(
        "models",
        "List, import, check, make up and plan models.",
        "vitgrid models list",
        "vitgrid models verify internvit-nano")
    {
        ModelsList.Create(context),
        ModelsImport.Create(context),
        ModelsVerify.Create(context),
        ModelsRandom.Create(context),
        ModelsPlan.Create(context),
    };

    /// <summary>The argument of verbs that take one model.</summary>
    public static System.CommandLine.Argument<string> ModelArgument() => new("NAME|DIR")
    {
        Description = "A known model's name, a checkpoint's folder, or a Hugging Face id or address that lies in the local cache",
    };
}
