using System.Globalization;
using VitGrid.Engine.Options;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Approvals;

/// <summary>Keys, defaults and ranges of the settings against the approved table; their messages against a file of words.</summary>
public sealed class SettingTests
{
    private static readonly SettingRow[] Table =
        [.. ApprovedText.Read("settings.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(SettingRow.Parse)];

    public static TheoryData<string> Keys => [.. Table.Select(setting => setting.Key)];

    [Fact]
    public void The_program_has_the_approved_settings_and_no_other() =>
        Assert.Equal(Table.Select(setting => setting.Key).Order(), SettingsProbe.Keys().Order());

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_setting_has_its_default_takes_values_up_to_its_bounds_and_refuses_others(string key)
    {
        SettingRow setting = Table.Single(row => row.Key == key);
        if (setting.Default is not null)
            Assert.Equal(setting.Default, SettingsProbe.ValueOf(SettingsProbe.Read(setting.Parent).Options!, key));
        Assert.All(setting.Accepted, value =>
        {
            (object? options, IReadOnlyList<string> faults) = SettingsProbe.Read([.. setting.Beside, (key, value.Given)]);
            Assert.Empty(faults);
            Assert.Equal(value.Read, SettingsProbe.ValueOf(options!, key));
        });
        Assert.All(setting.Refused, value => Assert.NotEmpty(SettingsProbe.Read([.. setting.Beside, (key, value)]).Faults));
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        SettingRow[] refusing = [.. Table.Where(setting => setting.Refused.Length > 0)];
        HashSet<string> together = [.. SettingsProbe.Read(refusing.Select(setting => (setting.Key, setting.Refused[0]))).Faults];
        Assert.All(refusing, setting =>
            Assert.Subset(together, SettingsProbe.Read([.. setting.Parent, (setting.Key, setting.Refused[0])]).Faults.ToHashSet()));
    }

    /// <summary>The messages about every refused value, about unknown keys, and about settings that contradict each other.</summary>
    [Fact]
    public void The_words_of_refusals_are_the_approved_ones()
    {
        IEnumerable<(string Key, string Value)[]> cases =
        [
            .. Table.SelectMany(setting => setting.Refused, (setting, value) => setting.Beside.Append((setting.Key, value)).ToArray()),
            .. Table.Select(setting => setting.Section).Distinct().Select(section => new[] { ($"{section}Unknown", "1") }),
            .. Contradictions.Select(SettingRow.Pairs),
        ];
        ApprovedText.Verify("settings-messages.txt", cases.SelectMany(Faults));
    }

    private static readonly string HalfOfMemory = new ImageOptions().MaxDecodeBytes.ToString("N0", CultureInfo.InvariantCulture);

    private static IEnumerable<string> Faults((string Key, string Value)[] given) => SettingsProbe.Read(given).Faults
        .Select(fault => fault.Replace(HalfOfMemory, "half of the machine's memory", StringComparison.Ordinal))
        .Prepend(string.Join(' ', given.Select(setting => $"{setting.Key}={setting.Value}")))
        .Append("");

    private static readonly string[] Contradictions =
    [
        "Batching=8", "Http:MaxInputs:0=3", "Cluster:Tls:Key=k.pem", "Cluster:Kubernetes=true", "Role=Api Cluster:Kubernetes=true",
        "Batching:MaxBatchSize=100 Queue:MaxImages=99 Http:MaxInputs=1", "Batching:PreferredSizes=9", "Http:MaxInputs=3000",
        "Images:MaxFileBytes=65000000", "Http:MaxBodyBytes=64000000 Http:MaxBufferedBytes=63000000", "Queue:MaxBytes=10000000",
        "Indexing:Redis=h:1 Indexing:MaxItems=3000", "Indexing:BackoffMilliseconds=2 Indexing:MaxBackoffMilliseconds=1",
        "Indexing:SpoolFileBytes=2000000 Indexing:SpoolBytes=1048576", "Cluster:SiloPort=7 Cluster:GatewayPort=7",
        "Models:0:Model=a Models:1:Model=a", "Runtime:Providers:cpu:Library=l Runtime:Providers:OpenVINO:Library=l",
        "Runtime:Providers:name:Library=l Runtime:Providers:name:Options:load_config:CPU=1",
        "Indexing:S3:Endpoint=http://store.example.org", "Indexing:S3:Anonymous=true Indexing:S3:Profile=team",
    ];
}
