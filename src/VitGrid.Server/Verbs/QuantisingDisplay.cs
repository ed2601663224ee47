namespace VitGrid.Server.Verbs;

/// <summary>
/// Shows how far a model's weights are quantised, which is done once and may take minutes; nothing where it was done before.
/// </summary>
internal static class QuantisingDisplay
{
    /// <summary>Runs <paramref name="work"/>, which tells its argument how far it is if it quantises.</summary>
    public static async Task<T> RunAsync<T>(Terminal terminal, string model, Func<IProgress<double>, Task<T>> work)
    {
        Relay relay = new();
        Task<T> running = work(relay);
        await Task.WhenAny(relay.Begun, running);
        if (relay.Begun.IsCompleted)
            await ShowAsync(terminal, $"quantising {model} to 8 bits, once", report => relay.FollowAsync(report, running));
        return await running;
    }

    private static Task ShowAsync(Terminal terminal, string title, Func<Action<double>, Task> follow)
    {
        // A log tells at once why nothing else happens yet.
        if (!terminal.ErrorIsTerminal)
            terminal.Say(title);
        return ProgressDisplay.RunAsync(terminal, title, terminal.ErrorIsTerminal, follow);
    }

    private sealed class Relay : IProgress<double>
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile Action<double> _report = static _ => { };

        public Task Begun => _begun.Task;

        public void Report(double value)
        {
            _begun.TrySetResult();
            _report(value);
            if (value >= 1)
                _done.TrySetResult();
        }

        public async Task FollowAsync(Action<double> report, Task running)
        {
            _report = report;
            await Task.WhenAny(_done.Task, running);
        }
    }
}
