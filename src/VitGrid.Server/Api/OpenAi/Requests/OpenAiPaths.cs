namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>The paths of OpenAI's protocol.</summary>
internal static class OpenAiPaths
{
    public const string Root = "/v1";
    public const string Embeddings = "/v1/embeddings";
    public const string Models = "/v1/models";
    public const string Files = "/v1/files";
    public const string Batches = "/v1/batches";
}
