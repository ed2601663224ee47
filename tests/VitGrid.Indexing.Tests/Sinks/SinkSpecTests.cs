using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Targets;

namespace VitGrid.Indexing.Tests.Sinks;

public sealed class SinkSpecTests
{
    [Theory]
    [InlineData("jsonl:/data/out.jsonl", "jsonl:/data/out.jsonl")]
    [InlineData("parquet:/data/out/", "parquet:/data/out")]
    [InlineData("npy:/data/out", "npy:/data/out;type=fp32")]
    [InlineData("npy:/data/out;type=fp16", "npy:/data/out;type=fp16")]
    [InlineData("npy:/data/out;type=binary", "npy:/data/out;type=binary")]
    [InlineData("parquet:/data/out;type=fp32", "parquet:/data/out")]
    [InlineData("parquet:/data/out;type=int8", "parquet:/data/out;type=int8")]
    public void A_specification_reads_back_as_itself(string given, string text)
    {
        Assert.Equal(text, SinkSpec.Parse(given).Text);
        Assert.Equal(text, SinkSpec.Parse(text).Text);
    }

    [Fact]
    public void A_relative_path_becomes_absolute_since_workers_have_other_folders() =>
        Assert.Equal($"parquet:{Path.GetFullPath("out")}", SinkSpec.Parse("parquet:out").Text);

    [Fact]
    public void A_password_is_kept_for_the_connection_and_never_shown()
    {
        SinkSpec spec = SinkSpec.Parse("pgvector:Host=db;Username=u;Password=secret;Database=d;table=t");
        Assert.Contains("secret", spec.Text, StringComparison.Ordinal);
        Assert.Equal("pgvector:Host=db;Port=5432;Database=d;table=t", spec.ToString());
    }

    [Theory]
    [InlineData("out.jsonl", "has no scheme; use jsonl:FILE, npy:DIR")]
    [InlineData("csv:out", "sink 'csv' is unknown; use jsonl:FILE, npy:DIR")]
    [InlineData("jsonl:", "'' names no file")]
    [InlineData("jsonl:out/", "'out/' names no file")]
    [InlineData("parquet: ", "' ' names no folder")]
    [InlineData("parquet:out;rows=7", "'rows=7' is no option of it")]
    [InlineData("npy:out;type=uint8", "type is 'uint8'; use fp32, fp16, int8 or binary")]
    [InlineData("parquet:out;type=half", "type is 'half'; use fp32, fp16, int8 or binary")]
    [InlineData("npy:out;type", "'type' is no option of it")]
    [InlineData("pgvector:Host=db", "table is missing; e.g. pgvector:Host=db;Database=images")]
    [InlineData("pgvector:table=t", "Host is missing")]
    [InlineData("pgvector:Host=db;table=t;type=float", "type is 'float'; use halfvec or vector")]
    [InlineData("pgvector:Host=db;table=t;index=ivf", "index is 'ivf'; use hnsw, or leave it out")]
    [InlineData("pgvector:Host=db;table=t;Hots=x", "the connection cannot be read")]
    [InlineData("pgvector:Host=db;table=t;x", "the connection cannot be read")]
    [InlineData("pgvector:postgresql://u@db/d;table=t", "key=value pairs, not as a URI")]
    public void What_is_wrong_is_named_with_what_would_be_right(string given, string message)
    {
        SinkException refused = Assert.Throws<SinkException>(() => SinkSpec.Parse(given));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(SinkFault.Refused, refused.Fault);
    }

    [Theory]
    [InlineData("t; DROP TABLE users")]
    [InlineData("t\" (id) VALUES (1); --")]
    [InlineData("Images")]
    [InlineData("a.b.c")]
    [InlineData("1t")]
    [InlineData("t\n")]
    [InlineData(".t")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123")]
    public void A_table_name_that_would_need_quotes_is_refused(string table)
    {
        SinkException refused = Assert.Throws<SinkException>(() => SinkSpec.Parse($"pgvector:Host=db;table='{table}'"));
        Assert.Contains("lower-case letters, digits and '_'", refused.Message, StringComparison.Ordinal);
    }
}
