using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using VitGrid.Server.Tests.Cluster;

namespace VitGrid.Server.Tests.Batches;

/// <summary>What a foreign page, a broken upload or a made-up id gets from files and batches.</summary>
public sealed class BatchAttackTests
{
    private const string Form = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
        + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n{\"custom_id\":\"a\"}\n";

    [RedisFact]
    public async Task What_a_page_can_send_unasked_and_what_names_other_keys_is_refused()
    {
        using BatchServer server = await BatchServer.StartAsync();
        string file = (await server.UploadAsync(BatchServer.Line("a", new { input = "x" }))).Json.GetProperty("id").GetString()!;
        string create = JsonSerializer.Serialize(new { input_file_id = file, endpoint = "/v1/embeddings", completion_window = "24h" });
        foreach (string type in (string[])["text/plain", "application/x-www-form-urlencoded", ""])
        {
            (int status, JsonElement refused) = await server.SendAsync(HttpMethod.Post, "/v1/batches", Text(create, type));
            Assert.Equal((type, 415, "unsupported_image_format"), (type, status, CodeOf(refused)));
        }
        ByteArrayContent large = Text(new string(' ', 70_000), "application/json");
        Assert.Equal(413, (await server.SendAsync(HttpMethod.Post, "/v1/batches", large)).Status);
        Assert.Equal(0, (await server.SendAsync(HttpMethod.Get, "/v1/batches")).Json.GetProperty("data").GetArrayLength());

        (_, JsonElement made) = await server.SendAsync(HttpMethod.Post, "/v1/batches", Text(create, "application/json"));
        string id = made.GetProperty("id").GetString()!;
        await server.RedisAsync($"DEL vitgrid:batch:{id}:keeper", $"SETNX vitgrid:batch:{id}:keeper somebody");
        foreach (string other in (string[])[$"{id}:keeper", $"{id}%3Akeeper", "batch_", id.ToUpperInvariant(), $"{id}%0a"])
        {
            (int status, JsonElement refused) = await server.SendAsync(HttpMethod.Get, $"/v1/batches/{other}");
            Assert.Equal((other, 404, "not_found"), (other, status, CodeOf(refused)));
            Assert.Equal(404, (await server.SendAsync(HttpMethod.Post, $"/v1/batches/{other}/cancel")).Status);
        }
    }

    [RedisFact]
    public async Task A_form_that_breaks_off_anywhere_is_refused_with_400_and_leaves_no_file()
    {
        using BatchServer server = await BatchServer.StartAsync();
        for (int length = 0; length < Form.Length; length += 7)
        {
            (int status, JsonElement refused) = await server.SendAsync(
                HttpMethod.Post, "/v1/files", Text(Form[..length], "multipart/form-data; boundary=b"));
            Assert.Equal((length, 400, "invalid_request"), (length, status, CodeOf(refused)));
        }
        Assert.Equal(0, server.Spooled());
        Assert.Equal(200, (await server.SendAsync(
            HttpMethod.Post, "/v1/files", Text(Form + "\r\n--b--\r\n", "multipart/form-data; boundary=b"))).Status);
    }

    private static string? CodeOf(JsonElement refused) => refused.GetProperty("error").GetProperty("code").GetString();

    private static ByteArrayContent Text(string text, string type)
    {
        ByteArrayContent content = new(Encoding.UTF8.GetBytes(text));
        content.Headers.ContentType = type.Length == 0 ? null : MediaTypeHeaderValue.Parse(type);
        return content;
    }
}
