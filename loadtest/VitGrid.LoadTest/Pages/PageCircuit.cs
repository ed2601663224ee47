using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace VitGrid.LoadTest.Pages;

/// <summary>
/// One page of a server, as a browser has it open: a circuit of Blazor over a WebSocket, in the hub protocol <c>blazorpack</c> (messages of
/// MessagePack behind their length). It draws nothing; it says that it has.
/// </summary>
internal sealed partial class PageCircuit : IAsyncDisposable
{
    private const int Invocation = 1;

    private readonly ClientWebSocket _socket;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private long _changes;
    private int _objects, _calls;
    private int? _component;

    private PageCircuit(ClientWebSocket socket) => _socket = socket;

    /// <summary>Changes that it was shown so far.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>Opens a page and waits until it watches.</summary>
    public static async Task<PageCircuit> OpenAsync(Uri server, string path, CancellationToken cancellationToken)
    {
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(server, path));
        request.Headers.Add("Accept", "text/html");
        using HttpResponseMessage answer = await http.SendAsync(request, cancellationToken);
        string document = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken);
        string records = $"[{string.Join(',', Marker().Matches(document).Select(match => match.Groups[1].Value))}]";
        ClientWebSocket socket = new();
        socket.Options.SetRequestHeader("Origin", server.GetLeftPart(UriPartial.Authority));
        await socket.ConnectAsync(new UriBuilder(new Uri(server, "/_blazor")) { Scheme = "ws" }.Uri, cancellationToken);
        PageCircuit page = new(socket);
        byte[] greeting = Encoding.UTF8.GetBytes("{\"protocol\":\"blazorpack\",\"version\":1}\u001e");
        await socket.SendAsync(greeting, WebSocketMessageType.Text, true, cancellationToken);
        page._reading = page.ReadAllAsync();
        await page.InvokeAsync("StartCircuit", server.ToString(), new Uri(server, path).ToString(), records, "");
        await page._watched.Task.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
        return page;
    }

    /// <summary>Waits until it was shown so many changes.</summary>
    public async Task WaitAsync(int changes, CancellationToken cancellationToken)
    {
        while (Changes < changes)
        {
            DemandOpen();
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }

    /// <summary>Fails where the server has closed it.</summary>
    /// <exception cref="InvalidOperationException">It has; the message says why.</exception>
    public void DemandOpen()
    {
        if (_reading.IsCompleted)
            throw new InvalidOperationException(
                $"a page is no longer open: {_reading.Exception?.InnerException?.Message ?? "its line has ended"}");
    }

    /// <summary>Says whether the page's tab is seen.</summary>
    public Task ShowAsync(bool isSeen, CancellationToken cancellationToken) => TellAsync(isSeen).WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        try
        {
            await _reading;
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or InvalidOperationException)
        {
            // The server has left first.
        }
        _socket.Dispose();
        _sending.Dispose();
        _closed.Dispose();
    }

    private async Task ReadAllAsync()
    {
        byte[] buffer = new byte[1 << 16];
        using MemoryStream received = new();
        bool isGreeted = false;
        while (!_closed.IsCancellationRequested)
        {
            WebSocketReceiveResult part;
            received.SetLength(0);
            do
            {
                part = await _socket.ReceiveAsync(buffer, _closed.Token);
                received.Write(buffer, 0, part.Count);
            }
            while (!part.EndOfMessage);
            if (part.MessageType == WebSocketMessageType.Close)
                throw new InvalidOperationException($"the server closed a page: {part.CloseStatusDescription}");
            ReadOnlyMemory<byte> message = received.ToArray();
            if (!isGreeted)
            {
                // "{}" and a mark: the protocol is agreed upon. Messages may follow in the same piece.
                int end = message.Span.IndexOf((byte)0x1e);
                (isGreeted, message) = (true, message[(end + 1)..]);
            }
            while (PackReader.TrySplit(ref message, out ReadOnlyMemory<byte> one))
                await HandleAsync(one);
        }
    }

    private async Task HandleAsync(ReadOnlyMemory<byte> message)
    {
        PackReader reader = new(message);
        reader.ReadArray();
        if (reader.ReadNumber() != Invocation)
            return;
        reader.Skip();
        reader.Skip();
        string target = reader.ReadText()!;
        reader.ReadArray();
        switch (target)
        {
            case "JS.RenderBatch":
                Interlocked.Increment(ref _changes);
                await InvokeAsync("OnRenderCompleted", reader.ReadNumber(), null);
                break;
            case "JS.BeginInvokeJS":
                await AnswerAsync(reader);
                break;
            case "JS.Error":
                _watched.TrySetException(new InvalidOperationException($"the server ended a page: {reader.ReadText()}"));
                break;
        }
    }

    /// <summary>Answers what the server asks of a browser: task, function, arguments, kind of result.</summary>
    private async Task AnswerAsync(PackReader reader)
    {
        long task = reader.ReadNumber();
        string function = reader.ReadText()!, arguments = reader.ReadText() ?? "[]";
        // 1: an object that stays in the browser.
        bool wantsObject = reader.ReadNumber() == 1;
        string result = wantsObject ? $"{{\"__jsObjectId\":{Interlocked.Increment(ref _objects)}}}" : "null";
        await InvokeAsync("EndInvokeJSFromDotNet", task, true, $"[{task},true,{result}]");
        if (function != "watchVisibility")
            return;
        _component = JsonDocument.Parse(arguments).RootElement[0].GetProperty("__dotNetObject").GetInt32();
        await TellAsync(true);
        _watched.TrySetResult();
    }

    private Task TellAsync(bool isSeen) => InvokeAsync(
        "BeginInvokeDotNetFromJS", $"{Interlocked.Increment(ref _calls)}", null, "ShowAsync", (long)_component!.Value,
        $"[{(isSeen ? "true" : "false")}]");

    private async Task InvokeAsync(string target, params object?[] arguments)
    {
        byte[] message = PackWriter.Invocation(target, arguments);
        await _sending.WaitAsync(_closed.Token);
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Binary, true, _closed.Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    [GeneratedRegex("<!--Blazor:(\\{\"type\":\"server\".*?\\})-->")]
    private static partial Regex Marker();
}
