using VitGrid.Access.Keys;
using VitGrid.Indexing;
using VitGrid.Server.Api.Access;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>Whose files and batches a request may see.</summary>
internal static class Viewers
{
    /// <summary>The caller as the stores of files and batches know it.</summary>
    public static Viewer Viewer(this HttpContext context) =>
        new(context.Caller().Tenant, context.Caller().Has(Scopes.Admin));
}
