namespace VitGrid.Settings.Tests;

public sealed class SettingsCheckTests
{
    [Fact]
    public void Defaults_and_bounds_are_without_fault()
    {
        Assert.Empty(Faults(new()));
        Assert.Empty(Faults(new() { Heat = 250, MinHeat = 5, Bells = [1, 60], Name = "oven", Day = DayOfWeek.Friday }));
    }

    [Fact]
    public void Every_fault_is_told_at_once_with_path_value_limit_and_default()
    {
        Kitchen kitchen = new()
        {
            Heat = 251,
            MinHeat = 4,
            Day = (DayOfWeek)9,
            Name = "An oven",
            Bells = [0, 30, 61],
            Shelves = [new() { Thing = "pan" }, new() { Thing = "", Count = 10 }],
            Top = new() { Thing = null! },
        };
        Assert.Equal(
            [
                "Home:Heat is '251'; it takes a whole number from 5 to 250 (default 180)",
                "Home:MinHeat is '4'; it takes a whole number from 5 to 250 (default 10)",
                "Home:Day is '9'; it takes one of auto, Sunday, Monday, Tuesday, Wednesday, Thursday, Friday, Saturday (default auto)",
                "Home:Name is 'An oven'; it takes lower-case letters, like this",
                "Home:Bells holds 3 values; it takes at most 2",
                "Home:Bells holds '0'; it takes whole numbers from 1 to 60, comma-separated",
                "Home:Bells holds '61'; it takes whole numbers from 1 to 60, comma-separated",
                "Home:Shelves:1:Thing is missing; it takes the name of a thing",
                "Home:Shelves:1:Count is '10'; it takes a whole number from 0 to 9 (default 0)",
                "Home:Top:Thing is missing; it takes the name of a thing",
            ],
            Faults(kitchen));
    }

    [Fact]
    public void Settings_that_contradict_each_other_are_told_by_their_paths() => Assert.Equal(
        ["Home:MinHeat (201) is above Home:Heat (200): nothing would be baked"], Faults(new() { Heat = 200, MinHeat = 201 }));

    [Fact]
    public void A_value_beyond_its_limits_is_not_told_a_second_time_as_a_contradiction() => Assert.Equal(
        ["Home:Heat is '1'; it takes a whole number from 5 to 250 (default 180)"], Faults(new() { Heat = 1, MinHeat = 100 }));

    [Fact]
    public void What_is_checked_is_not_changed()
    {
        Kitchen kitchen = new() { Heat = 1 };
        _ = Faults(kitchen);
        Assert.Equal(1, kitchen.Heat);
    }

    [Fact]
    public void Only_marked_properties_are_settings_in_the_order_they_are_written() => Assert.Equal(
        ["Heat", "MinHeat", "Light", "Day", "Name", "Bells", "Shelves", "Top"],
        SettingSection.From(typeof(Kitchen)).Properties.Select(property => property.Name));

    private static IReadOnlyList<string> Faults(Kitchen kitchen) => SettingsCheck.Faults(kitchen, new("Home"));
}
