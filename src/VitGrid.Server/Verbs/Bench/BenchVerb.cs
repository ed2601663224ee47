using VitGrid.LoadTest.Bench;

namespace VitGrid.Server.Verbs.Bench;

/// <summary><c>vitgrid bench</c>: the load test of <c>loadtest/VitGrid.LoadTest</c> as a verb.</summary>
internal static class BenchVerb
{
    public static Verb Create(VerbContext context)
    {
        Verb verb = new(
            "bench",
            BenchCommand.Description,
            "vitgrid bench --rate 20,40,80 --mix jpeg:1920x1080,png:448x448 --html bench.html",
            "vitgrid bench --connections 16 --form raw --duplicates 0.5 --verify",
            "vitgrid bench --url https://host/v1/embeddings --model M --plain --find-rate p99=200ms --json");
        BenchCommand.Fill(verb, context.Terminal.Out, context.Terminal.Error, context.Terminal.ErrorIsTerminal);
        return verb;
    }
}
