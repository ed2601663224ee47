using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Serve;

/// <summary>What a person sees when the server starts.</summary>
internal static class ServeBanner
{
    public static void Print(Terminal terminal, ServeSettings settings)
    {
        foreach (LocatedModel model in settings.Grid.Models)
            terminal.Say($"serving {model.Name} from {model.Directory}");
        if (!settings.Grid.Models.Any(model => model is { Origin: ModelOrigin.Bundled, Name: ModelRoots.DefaultModel }))
            return;
        terminal.Say($"{ModelRoots.DefaultModel} finds near-duplicates and look-alikes; it was never shown photographs and does not know objects.");
        terminal.Say("For meaning, point VitGrid at a real InternViT on disk: vitgrid serve --model DIR (a folder with config.json and .safetensors).");
    }
}
