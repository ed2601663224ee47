namespace VitGrid.Client.Tests;

public sealed class ContextTests
{
    /// <summary>A program with a user interface may block its only thread on a call.</summary>
    [Fact]
    public async Task No_call_goes_on_in_the_callers_context()
    {
        await using StubServer embeddings = await StubServer.StartAsync(Answers.Embeddings);
        await using StubServer models = await StubServer.StartAsync(Answers.Models);
        CountingContext context = new();
        await context.RunAsync(() => embeddings.Client.EmbedAsync([new byte[] { 1 }, new byte[] { 2 }]));
        await context.RunAsync(() => embeddings.Client.SendAsync(new()));
        await context.RunAsync(() => models.Client.ModelsAsync());
        Assert.Equal(0, context.Posted);
    }

    /// <summary>Runs what is posted to it elsewhere, and counts it.</summary>
    private sealed class CountingContext : SynchronizationContext
    {
        private int _posted;

        public int Posted => _posted;

        public override void Post(SendOrPostCallback d, object? state)
        {
            Interlocked.Increment(ref _posted);
            base.Post(d, state);
        }

        /// <summary>Begins a call with this context as the current one.</summary>
        public Task RunAsync(Func<Task> call)
        {
            SynchronizationContext? before = Current;
            SetSynchronizationContext(this);
            try
            {
                return call();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
