using VitGrid.Grains.Batching;

namespace VitGrid.Grains.Tests.Batching;

public sealed class AdmissionTests
{
    private readonly Admission _admission = new(new() { MaxImages = 2, MaxBytes = 2_000_000 });

    [Fact]
    public void The_door_counts_pictures_of_each_model_and_bytes_of_all()
    {
        using Charge first = _admission.Admit("a", 10);
        using Charge second = _admission.Admit("a", 10);
        GridException pictures = Assert.Throws<GridException>(() => _admission.Admit("a", 10));
        using Charge other = _admission.Admit("b", 1_000_000);
        GridException bytes = Assert.Throws<GridException>(() => _admission.Admit("c", 1_000_000));
        Assert.Equal((GridFault.Overloaded, GridFault.Overloaded), (pictures.Fault, bytes.Fault));
        Assert.Contains("2 pictures wait for model 'a' (limit 2)", pictures.Message, StringComparison.Ordinal);
        Assert.Contains("1000020 bytes are held (limit 2000000)", bytes.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shared_charge_is_given_back_by_its_last_holder()
    {
        Charge charge = _admission.Admit("a", 10);
        Charge shared = charge.Share();
        charge.Dispose();
        Assert.Equal((1, 10L), _admission.Held);
        shared.Dispose();
        Assert.Equal((0, 0L), _admission.Held);
    }

    [Fact]
    public void A_closed_door_refuses_and_completes_when_the_last_charge_is_back()
    {
        Charge charge = _admission.Admit("a", 10);
        Task empty = _admission.CloseAsync();
        Assert.Equal(GridFault.Draining, Assert.Throws<GridException>(() => _admission.Admit("a", 10)).Fault);
        Assert.False(empty.IsCompleted);
        charge.Dispose();
        Assert.True(empty.IsCompletedSuccessfully);
    }

    [Fact]
    public void An_empty_house_is_closed_at_once() => Assert.True(_admission.CloseAsync().IsCompletedSuccessfully);
}
