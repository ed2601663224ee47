using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Batches;

/// <summary>A Redis and a server of the test's own, with a spool in the test's folder.</summary>
internal sealed class BatchServer : IDisposable
{
    /// <summary>Images that the server works on at once.</summary>
    public const string MaxItems = "--VitGrid:Indexing:MaxItems";

    private readonly TemporaryFolder _folder;
    private readonly StartedProcess _redis;
    private readonly string _address;
    private readonly string[] _settings;
    private StartedProcess? _server;
    private bool _isGuest;

    private BatchServer(TemporaryFolder folder, StartedProcess redis, string address, string[] settings) =>
        (_folder, _redis, _address, _settings) = (folder, redis, address, settings);

    public HttpClient Http { get; private set; } = new();

    public static async Task<BatchServer> StartAsync(params string[] settings)
    {
        TemporaryFolder folder = new();
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(folder.Root);
        BatchServer server = new(folder, redis, address, settings);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Another server with the same Redis, once this one owns the queue.</summary>
    public async Task<BatchServer> BesideAsync()
    {
        await UntilAsync(async () => (await SendAsync(HttpMethod.Get, "/v1/batches")).Status == 200, "the first grid owns the queue");
        BatchServer beside = new(_folder, _redis, _address, _settings) { _isGuest = true };
        await beside.StartAgainAsync();
        return beside;
    }

    /// <summary>An image as a line's input.</summary>
    public static string Image(string name) =>
        "data:image/png;base64,"
        + Convert.ToBase64String(File.ReadAllBytes(Path.Combine(GoldenFiles.Repository, "docs", "images", $"{name}.png")));

    public static string Line(string id, object body) =>
        JsonSerializer.Serialize(new { custom_id = id, method = "POST", url = "/v1/embeddings", body });

    public async Task StartAgainAsync()
    {
        _server = StartedProcess.VitGrid([
            "serve", "--urls", "http://127.0.0.1:0", "--queue-redis", _address, $"--VitGrid:Indexing:Spool={_folder.At("spool")}",
            "--VitGrid:Indexing:PartRows=4", "--VitGrid:Indexing:PartMilliseconds=100", "--VitGrid:Indexing:ClaimMilliseconds=1000",
            .. _settings.Any(setting => setting.StartsWith(MaxItems, StringComparison.Ordinal))
                ? _settings : [.. _settings, $"{MaxItems}=4"]]);
        Http.Dispose();
        Http = new() { BaseAddress = new(await _server.ReadyAsync()) };
    }

    public void Kill() => _server!.Kill();

    /// <summary>Makes a file of the spool one that expired long ago.</summary>
    public void Expire(string file)
    {
        string path = _folder.At($"spool/files/{file}.json");
        JsonObject known = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        Assert.True(known.ContainsKey("expires"), known.ToJsonString());
        known["expires"] = 1;
        File.WriteAllText(path, known.ToJsonString());
    }

    /// <summary>Removes the content of a file and all that is known of it.</summary>
    public void Lose(string file)
    {
        foreach (string path in Directory.GetFiles(_folder.At("spool/files"), $"{file}.*"))
            File.Delete(path);
    }

    /// <summary>Commands for Redis, a line each.</summary>
    public async Task RedisAsync(params string[] commands)
    {
        using TcpClient redis = new();
        await redis.ConnectAsync(IPEndPoint.Parse(_address));
        using StreamReader answers = new(redis.GetStream());
        foreach (string command in commands)
        {
            await redis.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"{command}\r\n"));
            Assert.StartsWith(":", await answers.ReadLineAsync(), StringComparison.Ordinal);
        }
    }

    /// <summary>Bytes of all files in the spool.</summary>
    public long Spooled() => Directory.GetFiles(_folder.At("spool/files")).Sum(path => new FileInfo(path).Length);

    public async Task<(int Status, JsonElement Json)> SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        using HttpRequestMessage request = new(method, path) { Content = content };
        using HttpResponseMessage answer = await Http.SendAsync(request);
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    public Task<(int Status, JsonElement Json)> UploadAsync(
        string lines, string purpose = "batch", params (string Name, string Value)[] fields)
    {
        MultipartFormDataContent form =
            new() { { new StringContent(purpose), "purpose" },
                { new ByteArrayContent(Encoding.UTF8.GetBytes(lines)), "file", "lines.jsonl" } };
        foreach ((string name, string value) in fields)
            form.Add(new StringContent(value), name);
        return SendAsync(HttpMethod.Post, "/v1/files", form);
    }

    public Task<(int Status, JsonElement Json)> CreateAsync(string file, object? outputExpiresAfter = null) =>
        SendAsync(HttpMethod.Post, "/v1/batches",
        JsonContent.Create(new
        {
            input_file_id = file,
            endpoint = "/v1/embeddings",
            completion_window = "24h",
            metadata = new { who = "test" },
            output_expires_after = outputExpiresAfter,
        }));

    /// <summary>Uploads lines and makes a batch of them; gives its id.</summary>
    public async Task<string> SubmitAsync(params string[] lines)
    {
        (_, JsonElement file) = await UploadAsync(string.Join('\n', lines));
        (int status, JsonElement batch) = await CreateAsync(file.GetProperty("id").GetString()!);
        Assert.True(status == 200, batch.GetRawText());
        return batch.GetProperty("id").GetString()!;
    }

    /// <summary>The batch once it is as wanted.</summary>
    public async Task<JsonElement> BatchAsync(string id, Func<JsonElement, bool> wanted)
    {
        JsonElement batch = default;
        await UntilAsync(async () => wanted(
            batch = (await SendAsync(HttpMethod.Get, $"/v1/batches/{id}")).Json), $"batch {id} is as wanted");
        return batch;
    }

    public Task<JsonElement> EndAsync(string id, string status) =>
        BatchAsync(id, batch => StatusOf(batch) is "completed" or "failed" or "cancelled"
        ? StatusOf(batch) == status ? true : throw new InvalidOperationException(batch.GetRawText())
        : false);

    /// <summary>A file's lines by their custom_id; a null one is <c>""</c>.</summary>
    public async Task<ILookup<string, JsonElement>> ContentAsync(JsonElement batch, string name)
    {
        string content = await Http.GetStringAsync($"/v1/files/{batch.GetProperty(name).GetString()}/content");
        return content.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .ToLookup(line => line.GetProperty("custom_id").GetString() ?? "");
    }

    /// <summary>Waits; what the server said stands in the failure.</summary>
    public async Task UntilAsync(Func<Task<bool>> wanted, string what)
    {
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        while (true)
        {
            try
            {
                if (await wanted())
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            Assert.False(limit.IsCancellationRequested, $"it never came so far that {what}; the server said: {_server?.Said}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
        }
    }

    public void Dispose()
    {
        Http.Dispose();
        _server?.Dispose();
        if (_isGuest)
            return;
        _redis.Dispose();
        _folder.Dispose();
    }

    private static string? StatusOf(JsonElement batch) => batch.GetProperty("status").GetString();
}
