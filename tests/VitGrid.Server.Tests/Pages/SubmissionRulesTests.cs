using Microsoft.Extensions.DependencyInjection;
using VitGrid.Access.Keys;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Submission;
using VitGrid.Server.Api;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Pages;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.Verbs;

namespace VitGrid.Server.Tests.Pages;

/// <summary>What a job may name that a page starts, and who may start one.</summary>
public sealed class SubmissionRulesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SubmissionRules _rules;

    public SubmissionRulesTests()
    {
        Directory.CreateDirectory(_folder.At("in", "photos"));
        Directory.CreateDirectory(_folder.At("out"));
        _folder.Write("secret/a.png");
        _folder.Write("secret/a.tar");
        _rules = new(new IndexingOptions { Roots = [_folder.At("in")], SinkRoots = [_folder.At("out")] });
    }

    [Fact]
    public void A_source_lies_below_the_roots_whatever_links_and_dots_it_is_named_by()
    {
        Directory.CreateSymbolicLink(_folder.At("in", "link"), _folder.At("secret"));
        Assert.Null(_rules.ObjectionToSource(_folder.At("in")));
        Assert.Null(_rules.ObjectionToSource(_folder.At("in", "photos")));
        foreach (string outside in (string[])[
            _folder.At("secret"), _folder.At("in", "..", "secret", "a.png"), _folder.At("in", "link"), _folder.At("in", "link", "a.png"),
            _folder.At("nowhere"), $"{_folder.At("in")}side", "/"])
        {
            string objection = _rules.ObjectionToSource(outside)!;
            Assert.Contains(outside, objection, StringComparison.Ordinal);
            Assert.Contains("lies outside the folders that may be read", objection, StringComparison.Ordinal);
        }
        Assert.Contains("is not there", _rules.ObjectionToSource(_folder.At("in", "nothing")), StringComparison.Ordinal);
        foreach (string odd in (string[])["", "photos", "@list.txt", $"{_folder.At("in")}\0"])
            Assert.Contains("is no full path", _rules.ObjectionToSource(odd), StringComparison.Ordinal);
        Assert.NotNull(new SubmissionRules(new IndexingOptions()).ObjectionToSource(Directory.GetCurrentDirectory()));
    }

    [Fact]
    public void A_list_is_read_and_an_archive_outside_the_roots_that_it_names_is_not_opened()
    {
        string list = _folder.Write("in/list.txt", $"photos/a.png\n{_folder.At("secret", "a.tar")}\n");
        SourceLine[] lines = [.. _rules.Read(SubmissionRules.Named(list))];
        Assert.EndsWith("/in/photos/a.png", lines[0].Uri, StringComparison.Ordinal);
        Assert.Contains("a.tar: the archive lies outside", lines[1].Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sink_is_files_below_its_roots()
    {
        Assert.Null(_rules.ObjectionToSink($"jsonl:{_folder.At("out", "a.jsonl")}"));
        Assert.Contains("outside the folders that may be written",
            _rules.ObjectionToSink($"jsonl:{_folder.At("in", "a.jsonl")}"), StringComparison.Ordinal);
        string database = _rules.ObjectionToSink("pgvector:Host=db;Username=u;Password=hidden;table=t")!;
        Assert.Contains("is a database", database, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", database, StringComparison.Ordinal);
        Assert.Contains("is unknown", _rules.ObjectionToSink("ftp:x"), StringComparison.Ordinal);
        Assert.Contains("has no scheme", _rules.ObjectionToSink(""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_starts_jobs_of_its_models_and_lanes_which_are_its_own()
    {
        await using TestApi door = await TestApi.OpenAsync();
        GridGateway grid = door.App.Services.GetRequiredService<GridGateway>();
        string model = grid.Models()[0].Name;
        JobStart start = new(_folder.At("in"), model, $"npy:{_folder.At("out", "v")}");
        Caller caller = new("t-7") { Name = "seven", Models = [model] };
        JobSettings settings = start.Check("photos", caller, _rules, grid);
        Assert.Equal((model, $"npy:{_folder.At("out", "v")};type=fp32", "t-7"), (settings.Model, settings.Sink, settings.Owner));

        Refuses("model_forbidden", () => start.Check("photos", caller with { Models = ["another"] }, _rules, grid));
        Refuses("lane_forbidden", () => start.Check("photos", caller with { Lanes = KeyLanes.Interactive }, _rules, grid));
        Refuses("invalid_request", () => start.Check(
            "photos", caller with { Limits = KeyLimits.None with { ImagesPerDay = 5 } }, _rules, grid));
        Refuses("model_not_found", () => (start with { Model = "none" }).Check("photos", Caller.Anonymous, _rules, grid));
        Refuses("invalid_request", () => start.Check("a b", caller, _rules, grid));
        Refuses("invalid_request", () => start.Check($"batch_{new string('a', 32)}", caller, _rules, grid));
        Refuses("invalid_request", () => (start with { Source = null }).Check("photos", caller, _rules, grid));
        Refuses("invalid_request", () => (start with { Sink = null }).Check("photos", caller, _rules, grid));
    }

    public void Dispose() => _folder.Dispose();

    private static void Refuses(string code, Action check) => Assert.Equal(code, Assert.Throws<ApiException>(check).Error.Code);
}
