// The batch client of the package is marked as experimental.
#pragma warning disable OPENAI001
using System.ClientModel;
using System.Net.Http.Json;
using System.Text.Json;
using OpenAI;
using OpenAI.Batch;
using OpenAI.Files;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Batches;

/// <summary><c>/v1/files</c> and <c>/v1/batches</c> with a real queue.</summary>
public sealed class BatchTests
{
    private static readonly string[] Names = ["boat", "face", "fish", "house"];

    [RedisFact]
    public async Task Uploaded_lines_become_vectors_that_equal_those_of_the_embeddings_endpoint_and_bad_lines_are_told_with_their_number()
    {
        using BatchServer server = await BatchServer.StartAsync();
        string id = await server.SubmitAsync(
            BatchServer.Line("boat", new { model = "internvit-nano", input = BatchServer.Image("boat") }),
            BatchServer.Line("both",
                new { model = "internvit-nano", input = new[] { BatchServer.Image("face"), BatchServer.Image("fish").Split(
                    ',')[1] }, encoding_format = "base64" }),
            "no json",
            BatchServer.Line("text", new { model = "internvit-nano", input = "a red house" }),
            BatchServer.Line("mean", new { model = "internvit-nano", input = BatchServer.Image("boat"), pooling = "mean" }),
            BatchServer.Line("broken", new { model = "internvit-nano", input = Convert.ToBase64String(new byte[60]) }),
            BatchServer.Line("outside", new { model = "internvit-nano", input = "file:///etc/passwd" }));
        JsonElement batch = await server.EndAsync(id, "completed");

        Assert.Equal("""{"total":7,"completed":2,"failed":5}""", batch.GetProperty("request_counts").GetRawText());
        Assert.Equal("test", batch.GetProperty("metadata").GetProperty("who").GetString());
        ILookup<string, JsonElement> output = await server.ContentAsync(batch, "output_file_id");
        Assert.Equal(["boat", "both"], output.Select(line => line.Key));
        await EqualAsync(server, Body(output["boat"].Single()), new { input = BatchServer.Image("boat") });
        await EqualAsync(server, Body(output["both"].Single()),
            new { input = new[] { BatchServer.Image("face"), BatchServer.Image("fish") }, encoding_format = "base64" });
        ILookup<string, JsonElement> errors = await server.ContentAsync(batch, "error_file_id");
        Assert.Equal(["", "text", "mean", "broken", "outside"], errors.Select(line => line.Key));
        Assert.Equal(3, errors[""].Single().GetProperty("error").GetProperty("line").GetInt32());
        Assert.Equal(400, errors["text"].Single().GetProperty("response").GetProperty("status_code").GetInt32());
        Assert.Equal("unsupported_modality", Body(errors["text"].Single()).GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("not those of line 1", errors["mean"].Single().GetProperty("error").GetProperty(
            "message").GetString(), StringComparison.Ordinal);
        Assert.Equal(415, errors["broken"].Single().GetProperty("response").GetProperty("status_code").GetInt32());
        Assert.Equal([$"{id}/0", $"{id}/1"], output.Select(line => RequestId(line.Single())));
        Assert.Equal(
            [$"{id}/3", $"{id}/4", $"{id}/5"], ((string[])["text", "broken", "outside"]).Select(name => RequestId(errors[name].Single())));
        Assert.Equal("url_not_allowed", Body(errors["outside"].Single()).GetProperty("error").GetProperty("code").GetString());
    }

    [RedisFact]
    public async Task Lines_with_texts_are_answered_as_over_http_with_their_tokens_and_what_was_cut()
    {
        using BatchServer server = await BatchServer.StartAsync();
        string longText = string.Join(' ', Enumerable.Repeat("a red circle", 40));
        object[] good =
        [
            new { model = "clip-nano", input = "a red circle" },
            new
            {
                model = "clip-nano", input = new object[] { "cat", BatchServer.Image("boat"), new { text = "" } }, prompt_template = "a {}",
            },
            new { model = "clip-nano", input = longText },
        ];
        string id = await server.SubmitAsync(
            BatchServer.Line("one", good[0]), BatchServer.Line("mixed", good[1]), BatchServer.Line("long", good[2]),
            BatchServer.Line("refused", new { model = "clip-nano", input = longText, truncate = "error" }),
            BatchServer.Line("ids", new { model = "clip-nano", input = new[] { 1, 2 }, tokens = "model" }));
        JsonElement batch = await server.EndAsync(id, "completed");

        ILookup<string, JsonElement> output = await server.ContentAsync(batch, "output_file_id");
        Assert.Equal(["one", "mixed", "long"], output.Select(line => line.Key));
        foreach ((string name, object body) in ((string[])["one", "mixed", "long"]).Zip(good))
        {
            await EqualAsync(server, Body(output[name].Single()), body);
            (_, JsonElement online) = await server.SendAsync(HttpMethod.Post, "/v1/embeddings", JsonContent.Create(body));
            Assert.Equal(online.GetProperty("usage").GetRawText(), Body(output[name].Single()).GetProperty("usage").GetRawText());
        }
        Assert.Contains("input[0] (122 tokens, 32 read)", Body(output["long"].Single()).GetProperty("hints")[0].GetString(),
            StringComparison.Ordinal);
        ILookup<string, JsonElement> errors = await server.ContentAsync(batch, "error_file_id");
        Assert.Equal("invalid_request", Body(errors["refused"].Single()).GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("array of token ids, which a batch does not take", errors["ids"].Single().GetProperty("error").GetProperty(
            "message").GetString(), StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task A_second_grid_on_the_same_queue_runs_no_batches_and_says_whose_it_is()
    {
        using BatchServer server = await BatchServer.StartAsync();
        using BatchServer second = await server.BesideAsync();
        (int status, JsonElement json) = await second.SendAsync(HttpMethod.Get, "/v1/batches");
        Assert.Equal((503, "queue_unavailable"), (status, json.GetProperty("error").GetProperty("code").GetString()));
        string message = json.GetProperty("error").GetProperty("message").GetString()!;
        Assert.Contains("belongs to grid 'vitgrid on ", message, StringComparison.Ordinal);
        string id = await server.SubmitAsync(BatchServer.Line("boat", new { input = BatchServer.Image("boat") }));
        await server.EndAsync(id, "completed");
    }

    [RedisFact]
    public async Task A_server_that_is_killed_in_mid_batch_goes_on_when_it_is_back_and_every_line_is_answered_once()
    {
        using BatchServer server = await BatchServer.StartAsync();
        string[] lines = [.. Enumerable.Range(0, 120).Select(
            i => BatchServer.Line($"{i}", new { input = BatchServer.Image(Names[i % Names.Length]), cache = "bypass" }))];
        string id = await server.SubmitAsync(lines);
        server.Kill();
        await server.StartAgainAsync();
        await server.BatchAsync(id, batch => batch.GetProperty("request_counts").GetProperty("completed").GetInt32() >= 8);
        server.Kill();
        await server.StartAgainAsync();

        ILookup<string, JsonElement> output = await server.ContentAsync(await server.EndAsync(id, "completed"), "output_file_id");
        Assert.Equal(Enumerable.Range(0, 120).Select(i => $"{i}"), output.Select(line => line.Key));
        Assert.All(output, line => Assert.Single(line));
    }

    [RedisFact]
    public async Task A_cancelled_batch_keeps_what_is_done_and_names_the_rest()
    {
        // One at a time, and so many that it is far from done when the first is.
        const int Lines = 2_000;
        using BatchServer server = await BatchServer.StartAsync($"{BatchServer.MaxItems}=1", "--VitGrid:Cache:MemoryBytes=0");
        string id = await server.SubmitAsync(
            [.. Enumerable.Range(0, Lines).Select(
                i => BatchServer.Line($"{i}", new { input = BatchServer.Image(Names[i % Names.Length]) }))]);
        await server.BatchAsync(id, batch => batch.GetProperty("request_counts").GetProperty("completed").GetInt32() > 0);
        Assert.Equal("cancelling", (await server.SendAsync(HttpMethod.Post, $"/v1/batches/{id}/cancel")).Json.GetProperty(
            "status").GetString());

        JsonElement batch = await server.EndAsync(id, "cancelled");
        string[] answered = [.. (await server.ContentAsync(batch, "output_file_id")).Select(line => line.Key)];
        ILookup<string, JsonElement> rest = await server.ContentAsync(batch, "error_file_id");
        Assert.Equal(Lines, answered.Concat(rest.Select(line => line.Key)).Distinct().Count());
        Assert.All(rest, line => Assert.Equal("batch_cancelled", line.Single().GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal(Lines, batch.GetProperty("request_counts").GetProperty("total").GetInt32());
        Assert.Equal(409, (await server.SendAsync(HttpMethod.Post, $"/v1/batches/{await FailedAsync(server)}/cancel")).Status);
    }

    [RedisFact]
    public async Task What_is_wrong_or_too_large_is_refused_by_name()
    {
        using BatchServer server = await BatchServer.StartAsync(
            "--VitGrid:Indexing:SpoolFileBytes=1048576", "--VitGrid:Indexing:SpoolBytes=1500000", "--VitGrid:Indexing:BatchInputs=2");
        await RefusedAsync(404, "not_found", "there is no file 'file-x'", server.SendAsync(HttpMethod.Get, "/v1/files/file-x"));
        await RefusedAsync(404, "not_found", "there is no batch 'batch_x'", server.SendAsync(HttpMethod.Get, "/v1/batches/batch_x"));
        await RefusedAsync(404, "not_found", "there is no file 'file-x'", server.CreateAsync("file-x"));
        await RefusedAsync(400, "invalid_request", "purpose is 'assistants'", server.UploadAsync("{}", "assistants"));
        await RefusedAsync(413, "payload_too_large", "VitGrid:Indexing:SpoolFileBytes", server.UploadAsync(new string(' ', 1_048_577)));
        string blank = (await server.UploadAsync(new string(' ', 1_000_000))).Json.GetProperty("id").GetString()!;
        await RefusedAsync(507, "insufficient_storage", "VitGrid:Indexing:SpoolBytes", server.UploadAsync(new string(' ', 900_000)));
        Assert.True((await server.SendAsync(HttpMethod.Delete, $"/v1/files/{blank}")).Json.GetProperty("deleted").GetBoolean());
        await RefusedAsync(404, "not_found", blank, server.SendAsync(HttpMethod.Get, $"/v1/files/{blank}"));

        string line = BatchServer.Line("a", new { input = BatchServer.Image("boat") });
        await FailsAsync(server, "duplicate_custom_id", line, line);
        await FailsAsync(server, "payload_too_large", line, line.Replace("\"a\"", "\"b\"", StringComparison.Ordinal), line.Replace(
            "\"a\"", "\"c\"", StringComparison.Ordinal));
        await FailsAsync(server, "model_not_found", BatchServer.Line("a", new { model = "unknown", input = BatchServer.Image("boat") }));
        await FailsAsync(server, "empty_file", "", "");
    }

    [RedisFact]
    public async Task Lines_turn_a_phone_photo_when_asked_and_tell_what_was_ignored_or_not_read()
    {
        using BatchServer server = await BatchServer.StartAsync();
        byte[] photo = File.ReadAllBytes(GoldenFiles.PathOf("preprocess", "images", "exif-6.jpg"));
        string turned = $"data:image/jpeg;name=\"a,b.jpg\";base64,{Convert.ToBase64String(photo)}";
        string nested = new string('[', 80) + "1" + new string(']', 80);
        string deep = BatchServer.Line("deep", new { input = "x" }).Replace("\"x\"", nested, StringComparison.Ordinal);
        string beside = BatchServer.Line("beside", new { input = turned }).Replace(
            "\"body\"", "\"pooling\":\"mean\",\"body\"", StringComparison.Ordinal);
        foreach (string? exif in (string?[])["apply", null])
        {
            string id = await server.SubmitAsync(
                BatchServer.Line("photo", new { input = turned, exif, cache = "bypass" }),
                BatchServer.Line("other", new { input = turned, exif = "ignore" }), deep, beside);
            JsonElement batch = await server.EndAsync(id, "completed");
            JsonElement answered = Body((await server.ContentAsync(batch, "output_file_id"))["photo"].Single());
            await EqualAsync(server, answered, new { input = turned, exif });
            string hints = answered.GetProperty("hints").GetRawText();
            Assert.Contains("'cache of a batch'", hints, StringComparison.Ordinal);
            Assert.Equal(exif is null, hints.Contains("EXIF orientation ignored: input[0] (6)", StringComparison.Ordinal));
            ILookup<string, JsonElement> errors = await server.ContentAsync(batch, "error_file_id");
            Assert.Contains("82 deep, the limit is 64", errors[""].Single().GetRawText(), StringComparison.Ordinal);
            Assert.Contains("exif or dimensions are not those of line 1", errors["other"].Single().GetRawText(), StringComparison.Ordinal);
            Assert.Contains("pooling stands beside body", errors["beside"].Single().GetRawText(), StringComparison.Ordinal);
        }
    }

    [RedisFact]
    public async Task A_wish_that_no_batch_or_file_reads_is_refused_by_name()
    {
        using BatchServer server = await BatchServer.StartAsync();
        string deep = $"{{\"metadata\":{new string('[', 70)}1{new string(']', 70)}}}";
        await RefusedAsync(400, "invalid_request", "'pooling' is no field of a batch", server.SendAsync(
            HttpMethod.Post, "/v1/batches", Json("{\"pooling\":\"mean\"}")));
        await RefusedAsync(400, "invalid_request", "'purpose' stands in the query", server.SendAsync(
            HttpMethod.Post, "/v1/batches?purpose=x", Json("{}")));
        await RefusedAsync(400, "invalid_request", "71 deep, the limit is 64", server.SendAsync(
            HttpMethod.Post, "/v1/batches", Json(deep)));
        foreach (string half in (string[])[
            "{\"metadata\":{\"a\":\"\\ud83d\"}}", "{\"metadata\":{\"\\ude00\":\"a\"}}", "{\"input_file_id\":\"\\ud83d\"}"])
            await RefusedAsync(400, "invalid_request", "half of a surrogate pair", server.SendAsync(
                HttpMethod.Post, "/v1/batches", Json(half)));
        foreach ((string name, string told) in ((string, string)[])[
            ("pooling", "'pooling' stands in the form"), ("purpose", "the form holds 'purpose' twice")])
        {
            await RefusedAsync(400, "invalid_request", told, server.UploadAsync("{}", "batch", (name, "x")));
        }
    }

    [RedisFact]
    public async Task OpenAIs_own_client_uploads_makes_lists_and_downloads()
    {
        using BatchServer server = await BatchServer.StartAsync();
        OpenAIClient openAi = new(new ApiKeyCredential("none"), new() { Endpoint = new($"{server.Http.BaseAddress}v1") });
        OpenAIFileClient files = openAi.GetOpenAIFileClient();
        string line = BatchServer.Line("boat", new { model = "internvit-nano", input = BatchServer.Image("boat") });
        OpenAIFile file = await files.UploadFileAsync(BinaryData.FromString(line), "lines.jsonl", FileUploadPurpose.Batch);
        Assert.Equal(("lines.jsonl", FilePurpose.Batch), (file.Filename, file.Purpose));
        Assert.Equal(file.Id, Assert.Single((await files.GetFilesAsync()).Value).Id);

        BatchClient batches = openAi.GetBatchClient();
        using BinaryContent body = BinaryContent.Create(BinaryData.FromString(
            JsonSerializer.Serialize(new { input_file_id = file.Id, endpoint = "/v1/embeddings", completion_window = "24h" })));
        CreateBatchOperation operation = await batches.CreateBatchAsync(body, waitUntilCompleted: false);
        JsonElement batch = await server.EndAsync(operation.BatchId, "completed");
        BinaryData output = await files.DownloadFileAsync(batch.GetProperty("output_file_id").GetString());
        await EqualAsync(server, Body(JsonDocument.Parse(output).RootElement), new { input = BatchServer.Image("boat") });
        Assert.True((await files.DeleteFileAsync(file.Id)).Value.Deleted);
    }

    [Fact]
    public async Task Without_a_queue_the_setting_that_is_missing_is_named()
    {
        await using TestApi door = await TestApi.OpenAsync();
        foreach (string path in (string[])["/v1/files", "/v1/files/file-x/content", "/v1/batches", "/v1/batches/batch_x"])
            (await door.GetAsync(path)).IsRefusal(501, "indexing_off", null, "VitGrid:Indexing:Redis");
    }

    private static async Task<string> FailedAsync(BatchServer server)
    {
        string id = await server.SubmitAsync("no json");
        await server.EndAsync(id, "failed");
        return id;
    }

    private static async Task FailsAsync(BatchServer server, string code, params string[] lines)
    {
        JsonElement batch = await server.EndAsync(await server.SubmitAsync(lines), "failed");
        Assert.Equal(code, batch.GetProperty("errors").GetProperty("data")[0].GetProperty("code").GetString());
    }

    private static StringContent Json(string text) => new(text, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));

    private static async Task RefusedAsync(int status, string code, string words, Task<(int Status, JsonElement Json)> sending)
    {
        (int given, JsonElement json) = await sending;
        Assert.True(given == status, json.GetRawText());
        Assert.Equal(code, json.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains(words, json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static string? RequestId(JsonElement line) => line.GetProperty("response").GetProperty("request_id").GetString();

    private static JsonElement Body(JsonElement line) => line.GetProperty("response").GetProperty("body");

    /// <summary>Bit for bit: equal text in JSON.</summary>
    private static async Task EqualAsync(BatchServer server, JsonElement body, object request)
    {
        using HttpResponseMessage answer = await server.Http.PostAsJsonAsync("/v1/embeddings", request);
        JsonElement direct = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        foreach (string name in (string[])["data", "model", "usage"])
            Assert.Equal(direct.GetProperty(name).GetRawText(), body.GetProperty(name).GetRawText());
    }
}
