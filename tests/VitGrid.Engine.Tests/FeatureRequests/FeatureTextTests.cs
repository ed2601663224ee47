using VitGrid.Engine.FeatureRequests;

namespace VitGrid.Engine.Tests.FeatureRequests;

/// <summary>Fields of a request for features in one line, as jobs and the command line have them.</summary>
public sealed class FeatureTextTests
{
    [Theory]
    [InlineData("", "outputs=patches;layers=-1;norm=last;layout=NLC;dtype=fp32")]
    [InlineData("layers=all;dtype=float16", "outputs=patches;layers=all;norm=last;layout=NLC;dtype=fp16")]
    [InlineData("outputs=patches,cls; layers=4,2,4;norm=none;layout=nchw;dtype=bf16",
        "outputs=cls,patches;layers=2,4;norm=none;layout=NCHW;dtype=bf16")]
    [InlineData("outputs=visual_tokens;tiling=1,6;layers=3", "outputs=visual_tokens;dtype=fp32;tiling=1,6,true")]
    [InlineData("outputs=registers,visual_tokens", "outputs=registers,visual_tokens;layers=-1;norm=last;layout=NLC;dtype=fp32")]
    public void What_is_written_reads_back_as_itself_and_is_the_same_for_what_asks_for_the_same(string given, string line)
    {
        Assert.Equal(line, FeatureText.Write(FeatureText.Parse(given)));
        Assert.Equal(line, FeatureText.Write(FeatureText.Parse(line)));
    }

    [Theory]
    [InlineData("layer=1", "'layer=1' is not one of layers=…, outputs=…")]
    [InlineData("layers=1;layers=2", "'layers=2' is not one of")]
    [InlineData("layers", "'layers' is not one of")]
    [InlineData("layers=x", "layers has 'x' in it")]
    [InlineData("dtype=int8", "dtype is 'int8'; it takes one of fp32, fp16, bf16, float32, float16, bfloat16 (default fp32)")]
    [InlineData("outputs=tokens\u0007", "outputs has 'tokens?' in it; it takes some of cls, registers, patches, visual_tokens")]
    [InlineData("tiling=3,1", "out of range")]
    public void What_is_none_is_named(string line, string words) =>
        Assert.Contains(words, Assert.Throws<FormatException>(() => FeatureText.Parse(line)).Message, StringComparison.Ordinal);
}
