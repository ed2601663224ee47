namespace VitGrid.Page.Trying;

/// <summary>The request that the page makes, for people to copy. Pure.</summary>
internal static class CodeSamples
{
    /// <summary>The samples, by language.</summary>
    /// <param name="server">Address of this server, without a slash at its end.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="file">A file's name.</param>
    /// <param name="needsKey">Whether a key is asked for.</param>
    public static IReadOnlyList<(string Language, string Text)> All(string server, string model, string file, bool needsKey)
    {
        string url = $"{server}/v1/embeddings?model={Uri.EscapeDataString(model)}", type = TypeOf(file);
        return
        [
            ("curl", Curl(url, file, type, needsKey)), ("C#", CSharp(url, file, type, needsKey)),
            ("Python", Python(url, file, type, needsKey)), ("JavaScript", JavaScript(url, type, needsKey)),
        ];
    }

    /// <summary>What a file's name says of its content; the server looks at the content alone.</summary>
    private static string TypeOf(string file) => Path.GetExtension(file).ToLowerInvariant() switch
    {
        ".jpg" or ".jpeg" => "image/jpeg",
        ".webp" => "image/webp",
        ".gif" => "image/gif",
        ".tif" or ".tiff" => "image/tiff",
        ".bmp" => "image/bmp",
        _ => "image/png",
    };

    private const string CSharpKey =
        "http.DefaultRequestHeaders.Authorization = new(\"Bearer\", Environment.GetEnvironmentVariable(\"VITGRID_KEY\"));\n";

    private static string Curl(string url, string file, string type, bool needsKey) =>
        $"curl -s '{url}'{(needsKey ? " -H \"Authorization: Bearer $VITGRID_KEY\"" : "")} -H 'Content-Type: {type}' --data-binary "
        + $"@'{file.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string CSharp(string url, string file, string type, bool needsKey) => $$"""
        using System.Text.Json;

        using HttpClient http = new();
        {{(needsKey ? CSharpKey : "")}}using ByteArrayContent image = new(await File.ReadAllBytesAsync({{Quote(file)}}));
        image.Headers.ContentType = new("{{type}}");
        using HttpResponseMessage answer = await http.PostAsync({{Quote(url)}}, image);
        answer.EnsureSuccessStatusCode();
        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync());
        float[] vector = json.RootElement.GetProperty("data")[0].GetProperty("embedding").Deserialize<float[]>()!;
        """;

    private static string Python(string url, string file, string type, bool needsKey) => $$"""
        {{(needsKey ? "import os\n" : "")}}import requests

        with open({{Quote(file)}}, "rb") as image:
            answer = requests.post({{Quote(url)}}, data=image,
                                   headers={"Content-Type": "{{type}}"{{(needsKey
                                       ? ", \"Authorization\": \"Bearer \" + os.environ[\"VITGRID_KEY\"]" : "")}}})
        answer.raise_for_status()
        vector = answer.json()["data"][0]["embedding"]
        """;

    private static string JavaScript(string url, string type, bool needsKey) => $$"""
        const answer = await fetch({{Quote(url)}}, {
          method: "POST",
          headers: { "Content-Type": "{{type}}"{{(needsKey ? ", Authorization: `Bearer ${key}`" : "")}} },
          body: file,
        });
        if (!answer.ok) throw new Error((await answer.json()).error.message);
        const vector = (await answer.json()).data[0].embedding;
        """;

    /// <summary>A string literal of all three languages.</summary>
    private static string Quote(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
