using Microsoft.Extensions.Time.Testing;
using VitGrid.Access.Keys;

namespace VitGrid.Access.Tests;

/// <summary>A folder for a file of keys, gone when the test is.</summary>
internal sealed class KeyRig : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-keys-").FullName;

    public KeyRig()
    {
        Store = new(Path.Combine(_folder, "sub", "keys.json"));
        Administration = new(Store, Time);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));

    public KeyFile Store { get; }

    public KeyAdministration Administration { get; }

    public string Text => File.ReadAllText(Store.Place);

    public Task<NewKey> CreateAsync(string name) => Administration.CreateAsync(
        (id, hash) => new() { Id = id, Name = name, Hash = hash, Scopes = Scopes.Embed | Scopes.Files }, default);

    public static KeyHash HashOf(NewKey key) => KeyHash.TryFrom(key.Secret, out KeyHash hash) ? hash : throw new FormatException();

    /// <summary>Lets time pass until <paramref name="answer"/> is there.</summary>
    public async Task PassAsync(Task answer)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        while (!answer.IsCompleted)
        {
            Time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

/// <summary>A store that a test sets, and that may be away.</summary>
internal sealed class PlayedStore : IKeyStore
{
    private TaskCompletionSource? _held;
    private readonly TaskCompletionSource _asked = new();

    public IReadOnlyList<ApiKey> Keys { get; set; } = [];

    /// <summary>Completes when a reading that is held has seen the keys.</summary>
    public Task Asked => _asked.Task;

    public bool IsAway { get; set; }

    public int Readings { get; private set; }

    public string Place => "the test";

    /// <summary>The next reading sees the keys of its time, and answers when it is let go.</summary>
    public void Hold() => _held = new();

    public void LetGo() => _held!.SetResult();

    public async Task<IReadOnlyList<ApiKey>> ReadAsync(CancellationToken cancellationToken)
    {
        Readings++;
        IReadOnlyList<ApiKey> keys = IsAway ? throw new KeyStoreException("it is away") : Keys;
        if (_held is { Task.IsCompleted: false } held)
        {
            _asked.SetResult();
            await held.Task;
        }
        return keys;
    }

    public Task<bool> AddAsync(ApiKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> ReplaceAsync(ApiKey key, ApiKey changed, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RemoveAsync(ApiKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ListenAsync(Action changed) => Task.CompletedTask;
}
