namespace VitGrid.Hub.Tests;

/// <summary>The hub's own variables.</summary>
public sealed class HubSettingsTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("vitgrid-home-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void Without_any_it_is_the_public_hub_without_a_token()
    {
        HubSettings settings = Read();
        Assert.Equal(new Uri("https://huggingface.co"), settings.Endpoint);
        Assert.Null(settings.Token);
        Assert.False(settings.IsOffline);
    }

    [Fact]
    public void A_token_comes_from_its_variable_else_from_the_file_of_a_login()
    {
        File.WriteAllText(Path.Combine(_home, "token"), "hf_file\n");
        Assert.Equal("hf_file", Read(("HF_HOME", _home)).Token);
        Assert.Equal("hf_variable", Read(("HF_HOME", _home), ("HF_TOKEN", " hf_variable\n")).Token);
        Assert.Equal("hf_old", Read(("HUGGING_FACE_HUB_TOKEN", "hf_old")).Token);
        Assert.Null(Read(("HF_HOME", _home), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).Token);
        Assert.Equal("hf_file", Read(("HF_TOKEN_PATH", Path.Combine(_home, "token"))).Token);
    }

    [Theory]
    [InlineData("HF_HUB_OFFLINE", "1", true)]
    [InlineData("HF_HUB_OFFLINE", "true", true)]
    [InlineData("TRANSFORMERS_OFFLINE", "YES", true)]
    [InlineData("HF_HUB_OFFLINE", "0", false)]
    [InlineData("HF_HUB_OFFLINE", "", false)]
    public void Offline_is_what_the_hubs_library_takes_for_it(string name, string value, bool isOffline) =>
        Assert.Equal(isOffline, Read((name, value)).IsOffline);

    [Fact]
    public void Another_hub_is_named_by_its_address_and_nothing_else_is_one()
    {
        Assert.Equal(new Uri("https://mirror.example/hub"), Read(("HF_ENDPOINT", "https://mirror.example/hub/")).Endpoint);
        Assert.Contains("HF_ENDPOINT is 'mirror'", Assert.Throws<HubException>(() => Read(("HF_ENDPOINT", "mirror"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<HubException>(() => Read(("HF_ENDPOINT", "ftp://x")));
    }

    private static HubSettings Read(params (string Name, string Value)[] variables) => HubSettings.FromEnvironment(
        "/cache", name => variables.Where(variable => variable.Name == name).Select(variable => variable.Value).FirstOrDefault());
}
