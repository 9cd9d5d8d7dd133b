from django.db import migrations


class Migration(migrations.Migration):
    """Ids of events only grow, so a page of their index that is full is never written into again: no room is left."""

    dependencies = [("tracking", "0027_brand_colour")]

    operations = [
        migrations.RunSQL(
            "ALTER INDEX tracking_trackingevent_pkey SET (fillfactor = 100)",
            "ALTER INDEX tracking_trackingevent_pkey RESET (fillfactor)",
        )
    ]
