using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.FrontEnd;

public sealed class AdmissionTests
{
    private readonly Admission _admission = new(new() { MaxImages = 2, MaxBytes = 2_000_000 }, new(new(), TimeProvider.System));

    [Fact]
    public void The_door_counts_images_of_each_model_and_bytes_of_all()
    {
        using Charge first = _admission.Admit("a", Lane.Interactive, 10);
        using Charge second = _admission.Admit("a", Lane.Interactive, 10);
        GridException images = Assert.Throws<GridException>(() => _admission.Admit("a", Lane.Interactive, 10));
        using Charge other = _admission.Admit("b", Lane.Interactive, 1_000_000);
        GridException bytes = Assert.Throws<GridException>(() => _admission.Admit("c", Lane.Interactive, 1_000_000));
        Assert.Equal((GridFault.Overloaded, GridFault.Overloaded), (images.Fault, bytes.Fault));
        Assert.Contains("2 images wait for model 'a' (limit 2)", images.Message, StringComparison.Ordinal);
        Assert.Contains("1000020 bytes are held (limit 2000000,", bytes.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flood_in_one_lane_leaves_a_quarter_of_the_room_to_the_other()
    {
        Admission admission = new(new() { MaxImages = 8, MaxBytes = 8_000 }, new(new(), TimeProvider.System));
        for (int i = 0; i < 6; i++)
            admission.Admit("a", Lane.Bulk, 1_000);
        GridException bulk = Assert.Throws<GridException>(() => admission.Admit("a", Lane.Bulk, 1));
        GridException bytes = Assert.Throws<GridException>(() => admission.Admit("b", Lane.Bulk, 2_001));
        admission.Admit("a", Lane.Interactive, 1_000);
        admission.Admit("a", Lane.Interactive, 1_000);
        Assert.Contains("6 of them in the bulk lane (limit 6)", bulk.Message, StringComparison.Ordinal);
        Assert.Equal(GridFault.Overloaded, bytes.Fault);
        Assert.Equal((8, 8_000L), admission.Held);
    }

    [Fact]
    public void The_first_image_of_a_lane_may_take_all_bytes_there_are() =>
        Assert.Equal((1, 2_000_000L), Holding(_admission.Admit("a", Lane.Bulk, 2_000_000)));

    [Fact]
    public void The_tiles_of_an_image_count_as_images_and_are_accepted_together_or_not_at_all()
    {
        Admission admission = new(new() { MaxImages = 16, MaxBytes = 16_000 }, new(new(), TimeProvider.System));
        Charge tiled = admission.Admit("a", Lane.Interactive, 700, inputs: 7);
        Assert.Equal((7, 700L), admission.Held);
        Assert.Equal(GridFault.Overloaded, Assert.Throws<GridException>(
            () => admission.Admit("a", Lane.Interactive, 700, inputs: 7)).Fault);
        Assert.Equal((7, 700L), admission.Held);
        tiled.Dispose();
        Assert.Equal((0, 0L), admission.Held);
    }

    [Fact]
    public void A_shared_charge_is_given_back_by_its_last_holder()
    {
        Charge charge = _admission.Admit("a", Lane.Interactive, 10);
        Charge shared = charge.Share();
        charge.Dispose();
        Assert.Equal((1, 10L), _admission.Held);
        shared.Dispose();
        Assert.Equal((0, 0L), _admission.Held);
    }

    [Fact]
    public void A_closed_door_refuses_and_completes_when_the_last_charge_is_back()
    {
        Charge charge = _admission.Admit("a", Lane.Interactive, 10);
        Task empty = _admission.CloseAsync();
        Assert.Equal(GridFault.Draining, Assert.Throws<GridException>(() => _admission.Admit("a", Lane.Interactive, 10)).Fault);
        Assert.False(empty.IsCompleted);
        charge.Dispose();
        Assert.True(empty.IsCompletedSuccessfully);
    }

    [Fact]
    public void An_empty_house_is_closed_at_once() => Assert.True(_admission.CloseAsync().IsCompletedSuccessfully);

    [Fact]
    public void What_was_given_back_is_given_back_once_even_if_it_is_shared_afterwards()
    {
        int given = 0;
        Charge charge = new(() => given++);
        charge.Dispose();
        charge.Share().Dispose();
        Assert.Equal(1, given);
    }

    private (int Images, long Bytes) Holding(Charge charge)
    {
        using (charge)
            return _admission.Held;
    }
}
