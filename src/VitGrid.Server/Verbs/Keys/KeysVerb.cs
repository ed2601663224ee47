namespace VitGrid.Server.Verbs.Keys;

/// <summary><c>vitgrid keys</c>: who may use the server.</summary>
internal static class KeysVerb
{
    public static Verb Create(VerbContext context) => new(
        "keys",
        "Make, list, rotate and revoke API keys, and show what they used. Only hashes are kept, in a file or in Redis; a running server "
            + "hears of every change.",
        "vitgrid keys create search-team",
        "vitgrid keys list")
    {
        KeysCreate.Create(context),
        KeysList.Create(context),
        KeysRotate.Create(context),
        KeysRevoke.Create(context),
        KeysUsage.Create(context),
    };
}
