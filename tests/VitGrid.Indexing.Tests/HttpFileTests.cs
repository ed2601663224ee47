using VitGrid.Engine.Errors;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Jobs;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Tests;

/// <summary>Files that HTTP clients name, and links that change while a file is read.</summary>
public sealed class HttpFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-http-").FullName;
    private readonly UrlFetcher _urls = new(new(), 1_000, TimeProvider.System);

    public HttpFileTests()
    {
        foreach (string name in (string[])["inside", "outside"])
            Directory.CreateDirectory(At(name));
        File.WriteAllBytes(At("inside/good.png"), [1, 2]);
        File.WriteAllText(At("inside/text.png"), "root:x:0:0");
        File.WriteAllBytes(At("inside/big.png"), new byte[2_000]);
        File.WriteAllBytes(At("outside/secret.png"), [9]);
    }

    [Theory]
    [InlineData("inside/good.png")]
    [InlineData("outside/secret.png")]
    [InlineData("nowhere.png")]
    public void Without_folders_of_their_own_clients_read_no_file_and_hear_nothing_of_it(string path)
    {
        ImageFetch fetch = Fetch(new() { Roots = [_folder] });
        ItemFault fault = Assert.Throws<ItemException>(() => fetch.Find($"file://{At(path)}", fromHttp: true)).Fault;
        Assert.Equal(ApiCode.UrlNotAllowed, fault.Code);
        Assert.DoesNotContain(_folder, fault.Message, StringComparison.Ordinal);
        Assert.Contains("Indexing:HttpFileRoots", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_for_clients_is_read_by_them_and_no_other_of_the_workers_is()
    {
        ImageFetch fetch = Fetch(new() { Roots = [_folder], HttpFileRoots = [At("inside")] });
        Assert.Equal([1, 2], Read(fetch, "inside/good.png"));
        Assert.Equal(ApiCode.UrlNotAllowed, Assert.Throws<ItemException>(() => Read(fetch, "outside/secret.png")).Fault.Code);
    }

    [RedisFact]
    public async Task Whatever_is_wrong_with_a_clients_file_it_hears_one_text_that_holds_neither_bytes_nor_folders()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { Roots = [_folder], HttpFileRoots = [At("inside")], MaxAttempts = 1 };
        rig.Embed = (request, _) => request.Image.Span[0] == 1 ? Task.FromResult(IndexRig.Answer(request))
            : throw new ImageException(ImageFault.UnsupportedFormat, "starts with 726f6f74");
        string batch = BatchRecord.NewId();
        string[] paths = ["inside/good.png", "inside/text.png", "inside/big.png", "inside", "outside/secret.png", "nowhere.png", "a\0b"];
        await SubmitAsync(rig, batch, paths);
        await rig.WorkAsync();
        await rig.UntilOverAsync(batch);
        Assert.Equal([At("inside/good.png")], rig.Store.Ids);
        DeadLetter[] letters = await rig.DeadAsync(batch);
        Assert.Equal(paths.Length - 1, letters.Length);
        (string Code, string Message) told = Assert.Single(letters.Select(letter => (letter.Code, letter.Message)).Distinct());
        Assert.Equal(ApiCode.UrlFetchFailed, told.Code);
        Assert.DoesNotContain(_folder, told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("726f", told.Message, StringComparison.Ordinal);
        Assert.Contains(rig.Log.Lines, line => line.Contains("starts with 726f6f74", StringComparison.Ordinal));
    }

    [RedisFact]
    public async Task An_operators_job_reads_files_as_before_and_says_what_is_wrong()
    {
        await using IndexRig rig = await IndexRig.StartAsync();
        rig.Options = rig.Options with { Roots = [At("inside")], MaxAttempts = 1 };
        await SubmitAsync(rig, "mine", ["inside/good.png", "inside/big.png"]);
        await rig.WorkAsync();
        Assert.Equal((1, 1), (await rig.UntilOverAsync("mine")) is var over ? (over.Done, over.Dead) : default);
        Assert.Equal(ApiCode.ImageTooLarge, Assert.Single(await rig.DeadAsync("mine")).Code);
    }

    [Fact]
    public async Task A_link_that_is_swapped_while_files_are_read_never_leads_out_of_the_folder()
    {
        string link = At("inside/link.png");
        ImageFetch fetch = Fetch(new() { Roots = [At("inside")] });
        File.CreateSymbolicLink(link, At("inside/good.png"));
        using CancellationTokenSource ending = new();
        Task swapping = Task.Run(() =>
        {
            for (int i = 0; !ending.IsCancellationRequested; i++)
            {
                File.CreateSymbolicLink(At("inside/next"), At(i % 2 == 0 ? "outside/secret.png" : "inside/good.png"));
                File.Move(At("inside/next"), link, overwrite: true);
            }
        });
        int read = 0, refused = 0;
        for (int i = 0; i < 20_000 && (i < 2_000 || read == 0 || refused == 0); i++)
        {
            try
            {
                Assert.Equal([1, 2], Read(fetch, "inside/link.png", fromHttp: false));
                read++;
            }
            catch (ItemException exception) when (exception.Fault.Code == ApiCode.UrlNotAllowed)
            {
                refused++;
            }
        }
        await ending.CancelAsync();
        await swapping;
        Assert.True(read > 0 && refused > 0, $"{read} were read, {refused} refused");
    }

    [Fact]
    public async Task A_pipe_that_takes_a_files_place_is_not_waited_for()
    {
        ImageFetch fetch = Fetch(new() { Roots = [At("inside")] });
        ImageSource source = fetch.Find($"file://{At("inside/good.png")}");
        File.Delete(At("inside/good.png"));
        using System.Diagnostics.Process made = System.Diagnostics.Process.Start("mkfifo", At("inside/good.png"));
        await made.WaitForExitAsync();
        Assert.Empty(await source.Read(CancellationToken.None));
    }

    public void Dispose()
    {
        _urls.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task SubmitAsync(IndexRig rig, string job, string[] paths)
    {
        JobSettings settings = new(IndexRig.Model, "jsonl:/nowhere/out.jsonl");
        await rig.Service.SubmitAsync(
            await rig.Service.OpenJobAsync(job, settings, []), paths.Select(path => new Submission.SourceLine(
                At(path), $"file://{At(path).Replace("\0", "%00", StringComparison.Ordinal)}")), 100, new(_ => { }, _ => { }), default);
    }

    private ImageFetch Fetch(IndexingOptions options) => new(options, new ImageLimits { MaxFileBytes = 1_000 }, _urls);

    private byte[] Read(ImageFetch fetch, string path, bool fromHttp = true) =>
        fetch.Find($"file://{At(path)}", fromHttp).Read(CancellationToken.None).GetAwaiter().GetResult();

    private string At(string path) => Path.Combine(_folder, path);
}
