
namespace VitGrid.Server.Verbs.Serve;

/// <summary><c>vitgrid serve</c>: the grid behind HTTP, until it is told to stop.</summary>
internal static class ServeVerb
{
    public static Verb Create(VerbContext context)
    {
        ServeOptions options = new();
        Verb verb = new(
            "serve",
            "Serve embeddings over HTTP. Ctrl-C finishes what was accepted and ends; a second one ends at once.",
            "vitgrid serve",
            "vitgrid serve --model internvit-nano --model ~/models/InternViT-300M-448px-V2_5 --urls http://127.0.0.1:8080");
        options.AddTo(verb);
        verb.SetAction((parsed, cancellation) => RunAsync(context.Terminal, options.Read(parsed, context.Roots), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(Terminal terminal, ServeSettings settings, CancellationToken cancellation)
    {
        ServeBanner.Print(terminal, settings);
        await Task.CompletedTask;
        throw new NotSupportedException($"{settings} {cancellation}");
    }
}
