using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using VitGrid.Page.Calls;
using VitGrid.Page.Grid;
using VitGrid.Page.Layout;

namespace VitGrid.Page.Circuits;

/// <summary>
/// A page that shows each snapshot of the grid while it is seen, and nothing while it is hidden; and that closes when its key is revoked.
/// </summary>
public abstract class LivePage : ComponentBase, IAsyncDisposable
{
    private const int SnapshotsBetweenChecks = 5;

    private readonly CancellationTokenSource _closed = new();
    private IDisposable? _subscription;
    private DotNetObjectReference<LivePage>? _self;
    private IJSObjectReference? _module, _watch;
    private int _untilCheck = SnapshotsBetweenChecks;

    [Inject]
    private GridFeed Feed { get; set; } = default!;

    [Inject]
    private IJSRuntime Script { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    /// <summary>The newest snapshot; null before the first.</summary>
    protected GridSnapshot? Now { get; private set; }

    /// <summary>Who opened the page; null until it is known.</summary>
    protected PageCaller? Caller { get; private set; }

    /// <summary>Is cancelled when the page is closed.</summary>
    protected CancellationToken Closed => _closed.Token;

    [Inject]
    private PageClient Api { get; set; } = default!;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync() => Caller = await Api.CallerAsync();

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        _module = await Script.InvokeAsync<IJSObjectReference>("import", Closed, $"/{PageAssets.Address("page.js")}");
        _self = DotNetObjectReference.Create(this);
        _watch = await _module.InvokeAsync<IJSObjectReference>("watchVisibility", Closed, _self);
    }

    /// <summary>Is told by the browser whether the page is seen.</summary>
    [JSInvokable]
    public Task ShowAsync(bool isSeen)
    {
        _subscription?.Dispose();
        _subscription = null;
        if (!isSeen || _closed.IsCancellationRequested)
            return Task.CompletedTask;
        _subscription = Feed.Subscribe(snapshot => InvokeAsync(() => UpdateAsync(snapshot)));
        // What there is already is shown at once, unless it is from long ago.
        return Feed.Latest is { } latest && Now != latest ? UpdateAsync(latest) : Task.CompletedTask;
    }

    /// <summary>Moves the focus.</summary>
    protected ValueTask FocusAsync(string id) => _module?.InvokeVoidAsync("focusOn", Closed, id) ?? default;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _subscription?.Dispose();
        try
        {
            if (_watch is not null)
            {
                await _watch.InvokeVoidAsync("dispose");
                await _watch.DisposeAsync();
            }
            if (_module is not null)
                await _module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser has left.
        }
        _self?.Dispose();
        _closed.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task UpdateAsync(GridSnapshot snapshot)
    {
        if (--_untilCheck <= 0)
        {
            _untilCheck = SnapshotsBetweenChecks;
            if (!await Api.IsKnownAsync())
            {
                Navigation.NavigateTo("/", forceLoad: true);
                return;
            }
        }
        Now = snapshot;
        StateHasChanged();
    }
}
