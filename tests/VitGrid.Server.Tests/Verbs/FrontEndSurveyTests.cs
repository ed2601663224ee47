using System.Globalization;
using VitGrid.Access.Keys;
using VitGrid.Cluster.Administration;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Access;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Verbs.Doctor;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Testing;
using VitGrid.Transport;

namespace VitGrid.Server.Tests.Verbs;

/// <summary>What <c>doctor --cluster --front-end</c> learns from front ends over HTTP.</summary>
public sealed class FrontEndSurveyTests
{
    [Fact]
    public async Task A_front_end_tells_its_build_and_its_clock()
    {
        await using TestApi door = await TestApi.OpenAsync();
        ExaminedProcess found = await AskAsync(door);
        Assert.Null(found.Problem);
        Assert.Matches(@"\A\d+\.\d+\.\d+\+", found.Version);
        Assert.InRange(found.Ahead!.Value.TotalSeconds, -30, 30);
        Assert.Empty(found.Certificates);
    }

    [Fact]
    public async Task One_with_keys_tells_its_build_to_a_key_with_the_scope_alone()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string wrong = await api.KeyAsync("wrong"), right = await api.KeyAsync("right", Scopes.Metrics);
        foreach (string? key in (string?[])[null, wrong])
        {
            ExaminedProcess locked = await AskAsync(api.Door, key);
            Assert.Equal((null, ""), (locked.Problem, locked.Version));
        }
        Assert.NotEmpty((await AskAsync(api.Door, right)).Version);
    }

    [Fact]
    public async Task A_certificate_of_nobody_who_is_trusted_here_is_told_with_its_end()
    {
        using TestAuthority authority = new();
        DataPlaneTls files = authority.Issue("door");
        ServerOptions options = new() { Http = new() { Certificate = files.Certificate, CertificateKey = files.Key } };
        await using TestApi door = await TestApi.OpenAsync(options, url: "https://127.0.0.1:0");
        ExaminedProcess found = await AskAsync(door);
        Assert.Contains("certificate", found.Problem, StringComparison.Ordinal);
        Assert.True(Assert.Single(found.Certificates).Ends > DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task Where_nobody_listens_the_refusal_is_told()
    {
        Uri nobody = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{StartedProcess.FreePort()}"));
        Assert.Contains("refused", (await new FrontEndSurvey(null).AskAsync(nobody, default)).Problem, StringComparison.Ordinal);
    }

    private static Task<ExaminedProcess> AskAsync(TestApi door, string? key = null) =>
        new FrontEndSurvey(key).AskAsync(new(door.App.Urls.First()), default);
}
