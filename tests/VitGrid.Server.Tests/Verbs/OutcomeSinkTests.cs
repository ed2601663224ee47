using VitGrid.Server.Verbs;
using VitGrid.Server.Verbs.Embed;

namespace VitGrid.Server.Tests.Verbs;

public sealed class OutcomeSinkTests : IDisposable
{
    private static readonly EmbedOutcome Good = new("a \"b\".png", 0, [0.1f, -2], null);
    private static readonly EmbedOutcome Bad = new("c.png", 1, null, new("image_decode_failed", "cut off"));
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_line_has_the_contracts_fields()
    {
        StringWriter output = new() { NewLine = "\n" };
        using JsonLinesSink sink = new("m", output);
        sink.Write(Good);
        sink.Write(Bad);

        Assert.Equal(
            """
            {"file":"a \"b\".png","index":0,"model":"m","dimensions":2,"embedding":[0.1,-2]}
            {"file":"c.png","error":{"code":"image_decode_failed","message":"cut off"}}

            """.ReplaceLineEndings("\n"),
            output.ToString());
    }

    [Fact]
    public void A_file_appears_whole_or_not_at_all()
    {
        using (JsonLinesSink abandoned = new("m", new AtomicFile(_folder.At("x.jsonl"))))
            abandoned.Write(Good);
        Assert.Empty(_folder.Remaining());

        using (JsonLinesSink completed = new("m", new AtomicFile(_folder.At("x.jsonl"))))
        {
            completed.Write(Good);
            completed.Complete();
        }
        Assert.Equal(["x.jsonl"], _folder.Remaining());
    }

    [Fact]
    public void The_array_has_a_row_a_vector_and_the_names_beside_it_say_which()
    {
        using NpySink sink = new(_folder.At("v.npy"), 2);
        sink.Write(Bad);
        sink.Write(Good);
        sink.Complete();

        Assert.Equal(["v.ids.jsonl", "v.npy"], _folder.Remaining());
        Assert.Equal(
            ["""{"file":"c.png","error":{"code":"image_decode_failed","message":"cut off"}}""", """{"file":"a \"b\".png","row":0}"""],
            File.ReadAllLines(_folder.At("v.ids.jsonl")));
        Assert.Equal(128 + 8, new FileInfo(_folder.At("v.npy")).Length);
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/no/such/folder/x.jsonl")]
    [InlineData(".")]
    public void What_is_no_file_is_refused(string path) => Assert.Throws<UsageException>(() => new AtomicFile(path));
}
