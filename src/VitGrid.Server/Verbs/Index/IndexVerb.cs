namespace VitGrid.Server.Verbs.Index;

/// <summary><c>vitgrid index</c>: images by the million, through the queue into a store.</summary>
internal static class IndexVerb
{
    public static Verb Create(VerbContext context) => new(
        "index",
        "Index images through the queue: submit them, watch, try failed ones again. The workers are 'vitgrid serve --queue-redis "
            + "HOST:PORT'.",
        "vitgrid index submit ./photos --model internvit-nano --sink jsonl:vectors.jsonl --queue-redis 127.0.0.1:6379 --wait")
    {
        IndexSubmit.Create(context),
        IndexStatusVerb.Create(context),
        IndexDead.Create(context),
        IndexRetry.Create(context),
        IndexCancel.Create(context),
        IndexRemove.Create(context),
    };
}
