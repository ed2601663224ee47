using VitGrid.Engine.Caching;

namespace VitGrid.Engine.Tests.Caching;

public sealed class StoredKeyTests
{
    [Theory]
    [InlineData("internvit-nano")]
    [InlineData("OpenGVLab/InternViT:v2")]
    [InlineData("")]
    public void A_key_tells_its_model_and_revision_whatever_the_models_name(string model)
    {
        EmbeddingKey key = new($"vg:1:{model}:00ff:fp32:crop:4:cls+mean", 1, 2);
        Assert.Equal(new StoredKey(model, "00ff"), StoredKey.Parse(key.ToString()));
    }

    [Theory]
    [InlineData("session:17")]
    [InlineData("vg:2:m:f:fp32:crop:4:cls:00")]
    [InlineData("vg:1:f:fp32:crop:4:cls:00")]
    public void A_key_of_somebody_else_is_none(string key) => Assert.Null(StoredKey.Parse(key));

    [Fact]
    public void A_pattern_takes_names_literally()
    {
        Assert.Equal(@"vg:1:a\*b\[c\]\?\\:*", StoredKey.Pattern(@"a*b[c]?\"));
        Assert.Equal("vg:1:*", StoredKey.Pattern(null));
    }
}
