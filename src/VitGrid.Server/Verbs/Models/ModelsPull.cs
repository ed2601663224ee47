using System.CommandLine;

namespace VitGrid.Server.Verbs.Models;

/// <summary><c>vitgrid models pull</c>: fetches a model from the Hugging Face hub into its cache.</summary>
internal static class ModelsPull
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> id = new("ORG/NAME[@REV]")
        {
            Description = "The model's id or address on the hub; behind @ a branch, a tag or a commit [default: main]",
        };
        Verb verb = new(
            "pull",
            "Fetch what a model needs from the Hugging Face hub into its cache, which Python shares; print its folder. Goes on where it "
                + "was stopped. Reads HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HF_HUB_CACHE, HF_HOME and HTTPS_PROXY.",
            "vitgrid models pull OpenGVLab/InternViT-300M-448px-V2_5") { id };
        verb.SetAction(async (parsed, cancellation) =>
        {
            string wanted = parsed.GetRequiredValue(id);
            if (!HubId.TryParse(wanted, out HubId? parsedId))
                throw new UsageException($"'{wanted}' is not a model's id on the hub, such as ORG/NAME or ORG/NAME@REVISION");
            await context.Terminal.Out.WriteLineAsync(await new HubModels(context).PullAsync(parsedId, cancellation));
            context.Terminal.Say($"serve it: vitgrid serve --model {parsedId}");
            return ExitCode.Done;
        });
        return verb;
    }
}
